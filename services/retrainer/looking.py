"""A look at a submitted picture: what the champion says of it and of its other forms, and what it is near to.

The file is decoded by the guarded process, twice: as the model takes it, and whole. What happens then happens to pixels
and to files of our own making.
"""

import hashlib
import io
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from shared.config import Settings
from shared.decoding.decoder import Decoder
from shared.domain.job import Lane
from shared.domain.model_card import MAX_SIDE, InputSpec
from shared.imaging.limits import Limits
from shared.imaging.pdq import pdq
from shared.imaging.reencode import reencodings
from shared.imaging.tiles import cut
from shared.scoring.picture import Picture
from shared.scoring.session import Model


@dataclass(frozen=True, kw_only=True, slots=True)
class Seen:
    """`scores` are the champion's, of the picture as submitted and then of its re-encodings; `pdq` has 32 bytes.

    `second_score` is None without a second model, `embedding`, float32 [D], where the champion gives none.
    """

    pdq: bytes
    scores: tuple[float, ...]
    second_score: float | None
    embedding: NDArray[np.float32] | None


class Looker:
    """Holds a decoder's process; close it at the end."""

    def __init__(self, settings: Settings, champion: Model, second: Model | None = None) -> None:
        self._champion = champion
        self._second = second
        self._decoder = Decoder(
            Limits(max_pixels=settings.max_pixels, max_side=settings.max_side),
            seconds=settings.decoder_seconds,
            memory_bytes=settings.decoder_memory_bytes,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._decoder.close()

    @property
    def has_second(self) -> bool:
        return self._second is not None

    def look(self, data: bytes, lane: Lane) -> Seen:
        """At the bytes of a file that was scored in `lane`; the same bytes are always re-encoded alike.

        Raises JobError where it cannot be read, Outage where the decoder or the model cannot run.
        """
        submitted = self._picture(data, self._champion, lane)
        whole = self._whole(data, submitted.width, submitted.height)
        seed = int.from_bytes(hashlib.sha256(data).digest()[:8])
        forms = [_form(file, self._champion, lane) for _, file in reencodings(whole, seed)]
        scores = tuple(score.probability for score in self._champion.score_pictures([submitted, *forms]))
        return Seen(
            pdq=pdq(whole).pdq,
            scores=scores,
            second_score=self._second_score(data, lane),
            embedding=_embedding(self._champion, submitted),
        )

    def _picture(self, data: bytes, model: Model, lane: Lane) -> Picture:
        """As a scoring process sees it."""
        prepared = self._decoder.decode(data, model.card.input, lane)
        return Picture(pixels=prepared.pixels, width=prepared.width, height=prepared.height, lane=lane)

    def _whole(self, data: bytes, width: int, height: int) -> Image.Image:
        """The upright picture in RGB, made smaller where a side is above MAX_SIDE px: no tile may be larger."""
        scale = min(1.0, MAX_SIDE / max(width, height))
        sides = InputSpec(width=max(1, round(width * scale)), height=max(1, round(height * scale)))
        return Image.fromarray(self._decoder.decode(data, sides).pixels[0])

    def _second_score(self, data: bytes, lane: Lane) -> float | None:
        if self._second is None:
            return None
        [score] = self._second.score_pictures([self._picture(data, self._second, lane)])
        return score.probability


def _form(file: bytes, model: Model, lane: Lane) -> Picture:
    with Image.open(io.BytesIO(file)) as opened:
        image = opened.convert("RGB")
    tiles = np.stack([np.asarray(tile) for tile in cut(image, model.card.input, lane)])
    return Picture(pixels=tiles, width=image.width, height=image.height, lane=lane)


def _embedding(model: Model, picture: Picture) -> NDArray[np.float32] | None:
    """None of a model that gives no embeddings: one that was brought, for example."""
    embed = getattr(model, "embed_pictures", None) if getattr(model, "embeds", False) else None
    return None if embed is None else embed([picture])[0]
