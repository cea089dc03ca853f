"""A detector's map laid over the picture that it belongs to."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageOps

from services.retrainer.robustness.detector import Map

AI_COLOUR, HUMAN_COLOUR = (194, 65, 12), (42, 127, 98)

STRONGEST = 0.75
"""Share of the colour where the map is at its scale or beyond."""


def overlay(image: Image.Image, evidence: Map, scale: float) -> Image.Image:
    """`evidence` as colour over the picture in grey: orange leans AI, green leans human, full at ±`scale`."""
    smooth = Image.fromarray(np.nan_to_num(evidence.astype(np.float32))).resize(image.size, Image.Resampling.BILINEAR)
    strength = np.clip(np.asarray(smooth) / max(scale, 1e-9), -1, 1)[..., np.newaxis]
    colour = np.where(strength > 0, np.array(AI_COLOUR), np.array(HUMAN_COLOUR))
    grey = np.asarray(ImageOps.grayscale(image).convert("RGB"), np.float32)
    alpha = STRONGEST * np.abs(strength)
    return Image.fromarray(np.rint(grey * (1 - alpha) + colour * alpha).astype(np.uint8))


def scale_of(maps: Sequence[Map]) -> float:
    """The strength that 95 % of all cells stay below, one scale for all pictures of a sheet; 0 for no map at all."""
    if not maps:
        return 0.0
    return float(np.nanpercentile(np.abs(np.concatenate([evidence.ravel() for evidence in maps])), 95))


def outlined(image: Image.Image, mask: NDArray[np.bool_]) -> Image.Image:
    """The border of `mask`, bool [height, width], drawn in white and black."""
    rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    box = (int(columns[0]), int(rows[0]), int(columns[-1]), int(rows[-1]))
    marked = image.copy()
    draw = ImageDraw.Draw(marked)
    width = max(2, min(image.size) // 90)
    draw.rectangle(box, outline=(0, 0, 0), width=width + 2)
    draw.rectangle([box[0] + 1, box[1] + 1, box[2] - 1, box[3] - 1], outline=(255, 255, 255), width=width)
    return marked
