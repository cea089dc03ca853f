import io
import random

import numpy as np
import pytest
from PIL import Image, ImageDraw

from shared.domain.model_card import InputSpec
from shared.imaging.blank import is_blank
from shared.imaging.prepare import prepare
from shared.imaging.reduced import reduced
from tests.models import TILED
from tests.unit.shared.imaging.pictures import encode

SIDES = (600, 450)
SPEC = InputSpec.from_document(
    {
        **TILED,
        "width": 64,
        "height": 64,
        "views": {lane: [{"short_side": 256, "crops": 4}] for lane in ("bulk", "interactive")},
    }
)


def judged(image: Image.Image) -> bool:
    return is_blank(reduced(image).tobytes(), prepare(image, SPEC))


def noisy(level: float, deviation: float) -> Image.Image:
    noise = np.random.default_rng(1).normal(level, deviation, (SIDES[1], SIDES[0], 3))
    return Image.fromarray(noise.clip(0, 255).astype(np.uint8))


def slope(first: int, last: int) -> Image.Image:
    levels = np.linspace(first, last, SIDES[0])[None, :, None]
    return Image.fromarray(np.broadcast_to(levels, (SIDES[1], SIDES[0], 3)).round().astype(np.uint8))


def sheet(draw) -> Image.Image:
    image = Image.new("RGB", SIDES, "white")
    draw(ImageDraw.Draw(image))
    return image


@pytest.mark.parametrize("colour", ["white", "black", (200, 30, 70), (12, 150, 77)])
def test_one_colour_is_blank_at_any_quality(colour):
    flat = Image.new("RGB", SIDES, colour)
    assert judged(flat)
    assert judged(Image.open(io.BytesIO(encode(flat, "JPEG", quality=20))).convert("RGB"))


@pytest.mark.parametrize("image", [noisy(128, 4), noisy(3, 3), slope(120, 128)], ids=["noise", "lens cap", "slope"])
def test_what_a_sensor_or_a_lamp_makes_of_one_colour_is_blank_too(image):
    assert judged(image)


def test_a_speck_on_a_sheet_leaves_it_blank():
    assert judged(sheet(lambda on: on.point([(300, 200), (301, 200)], "black")))


@pytest.mark.parametrize(
    "draw",
    [
        lambda on: on.ellipse((280, 205, 320, 245), fill="black"),
        lambda on: on.text((40, 40), "One line of print on a whole sheet", fill="black", font_size=20),
        lambda on: on.text((40, 40), "Pale print\non a whole sheet\nthree lines", fill=(215, 215, 215), font_size=30),
        lambda on: on.line((100, 350, 500, 100), fill="black", width=3),
        lambda on: on.rectangle((0, 0, 599, 449), outline="black", width=4),
    ],
    ids=["disc", "a line of print", "pale print", "a stroke", "a frame"],
)
def test_minimal_art_and_a_scan_of_little_are_not_blank(draw):
    assert not judged(sheet(draw))


@pytest.mark.parametrize("image", [slope(100, 140), noisy(128, 90)], ids=["an evening sky", "noise from end to end"])
def test_a_picture_without_an_edge_is_not_blank(image):
    assert not judged(image)


def test_snow_is_not_blank():
    rough = Image.frombytes("L", (12, 9), random.Random(1).randbytes(108)).resize(SIDES, Image.Resampling.BICUBIC)
    assert not judged(rough.point([225 + level // 10 for level in range(256)]).convert("RGB"))


def test_colours_of_one_lightness_are_not_blank():
    image = Image.new("RGB", SIDES, (255, 0, 0))
    image.paste((0, 130, 0), (0, 0, 300, 450))
    assert np.ptp(np.asarray(image.convert("L")).astype(int)) < 3
    assert not judged(image)


@pytest.mark.parametrize("side", [1, 5, 64])
def test_a_picture_of_any_size_is_asked(side):
    assert judged(Image.new("RGB", (side, 3), "teal"))
