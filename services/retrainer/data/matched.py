"""The matched view: copies in which shape, size, grid and codec cannot tell the classes apart.

Raw files leak: AI pictures are squares of round sizes, compressed on one grid; boosting on width and height alone
can look like a good detector. Both classes are cut, rescaled and compressed here from one distribution, drawn from
the name alone. It costs the finest traces of a generator, as the web does.
"""

import hashlib
import io
import random

from PIL import Image

FILTERS = (
    Image.Resampling.LANCZOS,
    Image.Resampling.BICUBIC,
    Image.Resampling.BILINEAR,
    Image.Resampling.BOX,
)
SHAPES = (1, 4 / 3, 3 / 4, 3 / 2)
"""Width to height."""

SHORT_SIDE = (200, 420)
"""Of the view, in px; less where the picture is too small, for it is never enlarged."""

SCALE = (0.35, 0.8)
JPEG_SHARE = 0.7
"""The other views are WebP."""


def view(image: Image.Image, name: str, draw: int = 0) -> bytes:
    """One view of an RGB picture as a JPEG or WebP file; equal `name` and `draw` give equal chance."""
    chance = random.Random(hashlib.sha256(f"{name}/{draw}".encode()).digest())  # noqa: S311
    return _encoded(_cut(image, chance), chance)


def _cut(image: Image.Image, chance: random.Random) -> Image.Image:
    """One of four shapes, at an odd offset, rescaled by one of four filters."""
    shape, target, scale = chance.choice(SHAPES), chance.uniform(*SHORT_SIDE), chance.uniform(*SCALE)
    room = min(image.width / max(shape, 1), image.height / max(1 / shape, 1)) - 9
    short = max(8.0, min(target / scale, room))
    width, height = (int(short * shape), int(short)) if shape >= 1 else (int(short), int(short / shape))
    left, top = _odd_offset(image.width - width, chance), _odd_offset(image.height - height, chance)
    scale = min(SCALE[1], max(SCALE[0], target / short))
    size = max(1, round(width * scale)), max(1, round(height * scale))
    return image.crop((left, top, left + width, top + height)).resize(size, chance.choice(FILTERS))


def _odd_offset(room: int, chance: random.Random) -> int:
    """Off the 8 px grid of the codec that the picture came in."""
    room = max(0, room)
    return min(chance.randrange(8 * (room // 8) or 1) | 1, room)


def _encoded(image: Image.Image, chance: random.Random) -> bytes:
    file = io.BytesIO()
    if chance.random() < JPEG_SHARE:
        image.save(file, "JPEG", quality=chance.randint(65, 95), subsampling=chance.choice([0, 2]))
    else:
        image.save(file, "WEBP", quality=chance.randint(70, 95))
    return file.getvalue()
