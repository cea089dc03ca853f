"""Pictures unlike all that a detector of photographs and art learnt from, made here: what must seem unfamiliar."""

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

WIDTH, HEIGHT = 640, 480
SEEDS = 10
"""Of each kind as many: other sizes of type, other noise, other colours."""

WORDS = ("the", "court", "finds", "that", "no", "notice", "was", "given", "and", "claim", "of", "party", "must", "fail")
CODE = (
    "$ make test",
    "collected 412 items",
    "tests/unit/test_a.py .......... [ 41%]",
    "FAILED test_b - AssertionError",
)


def strangers() -> Mapping[str, list[Image.Image]]:
    """RGB pictures by what they are; the same whenever they are made."""
    return {name: [make(np.random.default_rng(seed)) for seed in range(SEEDS)] for name, make in MAKERS.items()}


def _white(chance: np.random.Generator) -> Image.Image:
    return Image.new("RGB", (WIDTH + int(chance.integers(99)), HEIGHT), "white")


def _flat(chance: np.random.Generator) -> Image.Image:
    return Image.new("RGB", (WIDTH, HEIGHT), _colour(chance))


def _gradient(chance: np.random.Generator) -> Image.Image:
    first, last = chance.uniform(0, 255, (2, 3))
    share = np.linspace(0, 1, WIDTH)[None, :, None]
    return _image(np.broadcast_to(first + share * (last - first), (HEIGHT, WIDTH, 3)))


def _noise(chance: np.random.Generator) -> Image.Image:
    return _image(chance.uniform(0, 255, (HEIGHT, WIDTH, 3)))


def _code_square(chance: np.random.Generator) -> Image.Image:
    """Black and white cells as a QR code has them."""
    cells = chance.integers(0, 2, (37, 37)).astype(np.uint8) * 255
    return Image.fromarray(np.pad(np.kron(cells, np.ones((13, 13), np.uint8)), 40, constant_values=255)).convert("RGB")


def _page(chance: np.random.Generator) -> Image.Image:
    """A page of type."""
    image, size = Image.new("RGB", (700, 900), "white"), int(chance.integers(13, 22))
    draw, font = ImageDraw.Draw(image), ImageFont.load_default(size)
    for top in range(50, 850, size + 6):
        draw.text((50, top), " ".join(chance.choice(WORDS, 12))[: 1200 // size], fill="black", font=font)
    return image


def _logo(chance: np.random.Generator) -> Image.Image:
    """Flat shapes and a word."""
    image = Image.new("RGB", (512, 512), "white")
    draw = ImageDraw.Draw(image)
    draw.ellipse((90, 60, 420, 390), fill=_colour(chance))
    draw.polygon([(256, 100), (380, 330), (132, 330)], fill=_colour(chance))
    draw.text((150, 410), "ACME", fill=_colour(chance), font=ImageFont.load_default(72))
    return image


def _chart(chance: np.random.Generator) -> Image.Image:
    """Bars, a line and axes."""
    image = Image.new("RGB", (WIDTH, HEIGHT), "white")
    draw, heights = ImageDraw.Draw(image), chance.integers(40, 380, 9)
    for place, height in enumerate(heights.tolist()):
        draw.rectangle((70 + 60 * place, 430 - height, 110 + 60 * place, 430), fill=_colour(chance))
        draw.text((75 + 60 * place, 440), str(2010 + place), fill="black", font=ImageFont.load_default(14))
    draw.line([(90 + 60 * place, 420 - height) for place, height in enumerate(heights.tolist())], fill="red", width=2)
    draw.line([(60, 20), (60, 430), (620, 430)], fill="black", width=2)
    return image


def _terminal(chance: np.random.Generator) -> Image.Image:
    """Monospaced lines on black."""
    image = Image.new("RGB", (800, 600), (12, 12, 12))
    draw, font = ImageDraw.Draw(image), ImageFont.load_default(15)
    for top in range(10, 580, 20):
        draw.text((10, top), str(chance.choice(CODE)), fill=(204, 204, 204), font=font)
    return image


def _icon(chance: np.random.Generator) -> Image.Image:
    """One of 64 px, enlarged eight times."""
    image = Image.new("RGB", (64, 64), _colour(chance))
    draw = ImageDraw.Draw(image)
    draw.rounded_rectangle((8, 8, 55, 55), 12, fill=_colour(chance), outline=_colour(chance), width=3)
    draw.ellipse((22, 22, 41, 41), fill=_colour(chance))
    return image.resize((512, 512), Image.Resampling.BICUBIC)


def _colour(chance: np.random.Generator) -> tuple[int, int, int]:
    red, green, blue = chance.integers(0, 256, 3).tolist()
    return red, green, blue


def _image(values: NDArray[np.float64]) -> Image.Image:
    return Image.fromarray(values.round().astype(np.uint8))


MAKERS: Mapping[str, Callable[[np.random.Generator], Image.Image]] = {
    "white": _white,
    "one colour": _flat,
    "gradient": _gradient,
    "noise": _noise,
    "code square": _code_square,
    "page of type": _page,
    "logo": _logo,
    "chart": _chart,
    "terminal": _terminal,
    "icon enlarged": _icon,
}
