"""What decoding made of a file."""

import numpy as np
import pytest

from shared.errors import ImageRefused
from shared.imaging.decode import decode
from shared.imaging.limits import Limits
from tests.unit.shared.imaging.pictures import LIMITS

WHITE = (255, 255, 255)


def pixels(data: bytes) -> np.ndarray:
    decoded = decode(data, LIMITS)
    assert decoded.image.mode == "RGB"
    return np.asarray(decoded.image)


def corners(array: np.ndarray) -> dict[str, np.ndarray]:
    return {
        "top left": array[4, 4],
        "top right": array[4, -5],
        "bottom left": array[-5, 4],
        "bottom right": array[-5, -5],
    }


def is_near(pixel: np.ndarray, colour: tuple[int, int, int], tolerance: int = 12) -> bool:
    return bool(np.abs(pixel.astype(int) - colour).max() <= tolerance)


def refusal_of(data: bytes, limits: Limits = LIMITS) -> ImageRefused:
    with pytest.raises(ImageRefused) as refusal:
        decode(data, limits)
    return refusal.value


def outcome_of(data: bytes) -> np.ndarray | ImageRefused:
    try:
        return pixels(data)
    except ImageRefused as refusal:
        return refusal
