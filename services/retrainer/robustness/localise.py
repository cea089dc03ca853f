"""Whether a map finds a patch whose place is known."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from services.retrainer.robustness.detector import Map, whole
from services.retrainer.statistics.bootstrap import roc_aucs


@dataclass(frozen=True, kw_only=True, slots=True)
class Found:
    """How well a map tells a patch: `auroc` of its cells inside against outside, `iou` of the half of the map above
    its median, `pointed` whether its peak lies inside (Zhang et al., "Top-down neural attention", IJCV 2018).

    `ceiling` is the `iou` of a perfect map: half of all cells hold the whole patch, and more.
    """

    auroc: float
    iou: float
    ceiling: float
    pointed: bool


def found(evidence: Map, mask: NDArray[np.bool_]) -> Found:
    """`evidence` float32 [h, w] should be larger where `mask`, bool [H, W] of the picture, is true.

    For a human patch in an AI picture, negate it. What the map did not look at counts as its median.
    """
    evidence = whole(evidence)
    inside = cells(mask, *evidence.shape)
    once = np.ones((1, evidence.size), np.float32)
    high = evidence > np.median(evidence)
    return Found(
        auroc=float(roc_aucs(inside.ravel().astype(np.uint8), evidence.ravel().astype(np.float64), once)[0]),
        iou=float((high & inside).sum() / (high | inside).sum()),
        ceiling=float(inside.sum() / max(inside.sum(), evidence.size // 2)),
        pointed=bool(inside.ravel()[np.argmax(evidence)]),
    )


def cells(mask: NDArray[np.bool_], height: int, width: int) -> NDArray[np.bool_]:
    """`mask` at the map's resolution: cells that the patch covers by half, or else the most covered ones."""
    image = Image.fromarray(mask.astype(np.float32)).resize((width, height), Image.Resampling.BOX)
    covered = np.asarray(image, np.float32)
    return covered >= min(0.5, float(covered.max()))
