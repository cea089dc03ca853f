"""Decoded picture → model input: the one preprocessing, for training, evaluation and serving."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from shared.domain.job import Lane
from shared.domain.model_card import InputSpec
from shared.imaging.tiles import cut


def prepare(image: Image.Image, spec: InputSpec, lane: Lane = Lane.INTERACTIVE) -> NDArray[np.uint8]:
    """The tiles of an RGB picture as `pixels`, uint8 [T, height, width, 3], in the order of `tiles.plan`."""
    return np.stack([np.asarray(tile, dtype=np.uint8) for tile in cut(image, spec, lane)])
