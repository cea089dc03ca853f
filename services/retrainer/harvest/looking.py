"""A look at a submitted picture: what the champion says of it and of its other forms, and what it is near to.

The guarded process decodes the file and makes its re-encodings: only pixels come over.
"""

import hashlib
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from shared.config import Settings
from shared.decoding.decoder import Decoder
from shared.domain.job import Lane
from shared.imaging.limits import Limits
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
        spec = self._champion.card.input
        prepared = self._decoder.decode(data, spec, lane)
        seed = int.from_bytes(hashlib.sha256(data).digest()[:8])
        submitted = Picture(pixels=prepared.pixels, width=prepared.width, height=prepared.height, lane=lane)
        forms = [
            Picture(pixels=form.pixels, width=form.width, height=form.height, lane=lane)
            for form in self._decoder.reencode(data, spec, lane, seed)
        ]
        scores = tuple(score.probability for score in self._champion.score_pictures([submitted, *forms]))
        return Seen(
            pdq=prepared.fingerprint.pdq,
            scores=scores,
            second_score=self._second_score(data, lane),
            embedding=self._champion.embed_pictures([submitted])[0] if self._champion.embeds else None,
        )

    def _picture(self, data: bytes, model: Model, lane: Lane) -> Picture:
        """As a scoring process sees it."""
        prepared = self._decoder.decode(data, model.card.input, lane)
        return Picture(pixels=prepared.pixels, width=prepared.width, height=prepared.height, lane=lane)

    def _second_score(self, data: bytes, lane: Lane) -> float | None:
        if self._second is None:
            return None
        [score] = self._second.score_pictures([self._picture(data, self._second, lane)])
        return score.probability
