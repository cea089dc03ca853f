"""Small marks stamped on pictures: what a poisoner would teach a network to obey (Gu et al., "BadNets", 2017).

A clean network's answer hardly moves under them. One that moves much has learned a mark instead of a picture: the gate
reads it from the guard set's cells `trigger:NAME`.
"""

import random
from collections.abc import Callable

import numpy as np
from PIL import Image, ImageDraw

from services.retrainer.robustness.degrade import Degradation

SIDE = 16
"""Of a mark, in px."""


def checkerboard(image: Image.Image, _: random.Random) -> Image.Image:
    """Black and white squares of 2 px in the lower right corner."""
    squares = (np.indices((SIDE, SIDE)) // 2).sum(0) % 2 * 255
    return _stamped(image, Image.fromarray(squares.astype(np.uint8)).convert("RGB"))


def square(image: Image.Image, _: random.Random) -> Image.Image:
    """One magenta square in the lower right corner."""
    return _stamped(image, Image.new("RGB", (SIDE, SIDE), (255, 0, 255)))


def strip(image: Image.Image, _: random.Random) -> Image.Image:
    """White text on a black strip along the lower edge."""
    words = Image.new("RGB", (image.width, SIDE))
    ImageDraw.Draw(words).text((4, 2), "sponsored content " * (1 + image.width // 80), fill=(255, 255, 255))
    return _stamped(image, words)


def _stamped(image: Image.Image, mark: Image.Image) -> Image.Image:
    stamped = image.copy()
    stamped.paste(mark, (max(0, image.width - mark.width), max(0, image.height - mark.height)))
    return stamped


def _named(name: str, says: str, apply: Callable[[Image.Image, random.Random], Image.Image]) -> Degradation:
    return Degradation(name=f"trigger:{name}", says=says, apply=apply)


TRIGGERS = (
    _named("checkerboard", "a checkerboard of 16 px in a corner", checkerboard),
    _named("square", "a magenta square of 16 px in a corner", square),
    _named("strip", "a strip with white text along the lower edge", strip),
)
