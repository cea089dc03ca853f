"""The forms in which a picture comes back from the web: compressed again, made smaller, cut."""

import io
import random
from typing import Any

from PIL import Image

LONGEST = 2048
"""A picture with a longer side, in px, is shrunk to this first, as most sites that compress anew do."""

NAMES = ("jpeg-90", "jpeg-70", "webp-80", "half", "resize", "crop")
"""Number: the quality. `resize` is to 60 … 90 % of each side, `crop` keeps 90 % of each, anywhere."""


def reencodings(image: Image.Image, seed: int) -> list[tuple[str, bytes]]:
    """An RGB picture as files of its other forms, by their `NAMES`; the same ones for the same seed.

    The last three are JPEG at quality 90. Chroma is halved throughout, as nearly all of the web does.
    """
    draw = random.Random(seed)  # noqa: S311 - nothing secret depends on it
    share = draw.uniform(0.6, 0.9)
    image = _within(image, LONGEST)
    files = (
        _encoded(image, "JPEG", quality=90),
        _encoded(image, "JPEG", quality=70),
        _encoded(image, "WEBP", quality=80),
        _encoded(_scaled(image, 0.5), "JPEG", quality=90),
        _encoded(_scaled(image, share), "JPEG", quality=90),
        _encoded(_cropped(image, draw), "JPEG", quality=90),
    )
    return list(zip(NAMES, files, strict=True))


def _encoded(image: Image.Image, file_format: str, **options: Any) -> bytes:
    file = io.BytesIO()
    image.save(file, file_format, **options)
    return file.getvalue()


def _scaled(image: Image.Image, share: float) -> Image.Image:
    sides = (max(1, round(image.width * share)), max(1, round(image.height * share)))
    return image.resize(sides, Image.Resampling.BICUBIC, reducing_gap=3.0)


def _within(image: Image.Image, side: int) -> Image.Image:
    longest = max(image.size)
    return image if longest <= side else _scaled(image, side / longest)


def _cropped(image: Image.Image, draw: random.Random) -> Image.Image:
    width, height = max(1, round(image.width * 0.9)), max(1, round(image.height * 0.9))
    left, top = draw.randint(0, image.width - width), draw.randint(0, image.height - height)
    return image.crop((left, top, left + width, top + height))
