"""Decoded picture → model input: the one preprocessing, for training and serving."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from shared.domain.model_card import InputSpec
from shared.imaging.resize import resize


def prepare(image: Image.Image, spec: InputSpec) -> NDArray[np.uint8]:
    """An RGB picture as `pixels`, uint8 [1, height, width, 3]: one tile, the whole picture resized."""
    return np.array(resize(image, spec), dtype=np.uint8)[np.newaxis]
