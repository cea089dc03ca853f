"""What a model says of a whole picture, from what it says of the picture's tiles."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from shared.domain.job import Lane
from shared.domain.model_card import Calibration, ModelCard
from shared.domain.tiles import plan
from shared.scoring.calibration import probability
from shared.scoring.evidence import stitch


@dataclass(frozen=True, kw_only=True, slots=True)
class Picture:
    """`pixels`, uint8 [T, H, W, 3]: the tiles of a picture of `width` × `height` px, by `plan` for its lane."""

    pixels: NDArray[np.uint8]
    width: int
    height: int
    lane: Lane


@dataclass(frozen=True, kw_only=True, slots=True)
class Score:
    """Of a picture: its logit, the probability by its lane's and size's calibration, and its evidence.

    `evidence` is float32 [rows, columns] in logits over the whole picture, NaN where no tile lay; None where the
    model draws no map. `embedding` is float32 [D], the layer before the head; None where the model gives none.
    """

    logit: float
    probability: float
    calibration: Calibration
    evidence: NDArray[np.float32] | None
    embedding: NDArray[np.float32] | None = None


def judge(
    picture: Picture,
    logits: NDArray[np.float32],
    maps: NDArray[np.float32] | None,
    embeddings: NDArray[np.float32] | None = None,
    *,
    card: ModelCard,
) -> Score:
    """The score of a picture whose tiles have these `logits`, float32 [T], `maps`, float32 [T, h, w], and
    `embeddings`, float32 [T, D].
    """
    tiles = plan(picture.width, picture.height, card.input, picture.lane)
    logit = sum(tile.weight * float(value) for tile, value in zip(tiles, logits, strict=True))
    calibration = card.calibration.of(picture.lane, min(picture.width, picture.height))
    return Score(
        logit=logit,
        probability=float(probability(np.array(logit), calibration)),
        calibration=calibration,
        evidence=None if maps is None else stitch(maps, tiles, picture.width, picture.height),
        embedding=None if embeddings is None else embedded(picture, embeddings, card=card),
    )


def embedded(picture: Picture, tiles: NDArray[np.float32], *, card: ModelCard) -> NDArray[np.float32]:
    """The embedding float32 [D] of a picture from those of its `tiles`, float32 [T, D]."""
    planned = plan(picture.width, picture.height, card.input, picture.lane)
    mean: NDArray[np.float32] = np.average(tiles, 0, [tile.weight for tile in planned]).astype(np.float32)
    return mean
