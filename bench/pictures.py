"""Made-up photographs: a bench needs no image of anybody's."""

import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

SIDE = 512
QUALITY = 90
SHAPES = 24
LARGE = (4000, 3000)
NOISE = 6
"""So that a file is as large as the median photograph of that size and quality: about 65 kB."""


def photographs(count: int, *, seed: int = 0) -> list[bytes]:
    """JPEG files of 512 × 512 px, quality 90, colour at half resolution."""
    return [_jpeg(_photograph(np.random.default_rng([seed, index]))) for index in range(count)]


def _photograph(random: np.random.Generator) -> Image.Image:
    """A gradient, shapes in and out of focus, a texture at every scale, and the noise of a sensor."""
    corners = Image.fromarray(random.integers(0, 256, (3, 3, 3), np.uint8))
    scene = corners.resize((SIDE, SIDE), Image.Resampling.BICUBIC)
    draw = ImageDraw.Draw(scene)
    for index in range(SHAPES):
        left, top, width, height = random.integers((-60, -60, 20, 20), (SIDE, SIDE, 220, 220)).tolist()
        colour = tuple(random.integers(0, 256, 3).tolist())
        (draw.ellipse if index % 2 else draw.rectangle)((left, top, left + width, top + height), fill=colour)
        if index == SHAPES // 2:
            scene = scene.filter(ImageFilter.GaussianBlur(6))
            draw = ImageDraw.Draw(scene)
    pixels = (
        np.asarray(scene, np.float32) + _texture(random)[..., np.newaxis] + random.normal(0, NOISE, (SIDE, SIDE, 3))
    )
    return Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))


def _texture(random: np.random.Generator) -> NDArray[np.float32]:
    """Each octave half as strong as the one twice as coarse, as in natural images (Field, JOSA A 1987)."""
    total = np.zeros((SIDE, SIDE), np.float32)
    for octave in range(1, 8):
        cells = Image.fromarray(random.normal(0, 64 / 2**octave, (2 ** (octave + 1),) * 2).astype(np.float32))
        total += np.asarray(cells.resize((SIDE, SIDE), Image.Resampling.BICUBIC))
    return total


def _jpeg(image: Image.Image) -> bytes:
    file = io.BytesIO()
    image.save(file, "JPEG", quality=QUALITY, subsampling=2)
    return file.getvalue()


def large(*, seed: int = 0) -> bytes:
    """A JPEG of 4,000 × 3,000 px with a camera's noise, quality 90: about 1.8 MB."""
    random = np.random.default_rng([seed, LARGE[0]])
    scene = _photograph(random).resize(LARGE, Image.Resampling.BICUBIC)
    grain = Image.fromarray(random.integers(0, 256, (LARGE[1], LARGE[0], 3), np.uint8))
    return _jpeg(Image.blend(scene, grain, 0.04))


def saved(file: bytes, file_format: str) -> bytes:
    """The picture of a file in another format, as Pillow writes it: PNG as it is, WebP at quality 90."""
    made = io.BytesIO()
    Image.open(io.BytesIO(file)).save(made, file_format, quality=QUALITY)
    return made.getvalue()
