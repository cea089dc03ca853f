import io
import subprocess
import sys
from itertools import combinations

import numpy as np
import pytest
from PIL import Image

from bench.pictures import photographs
from shared.domain.fingerprint import NEAR, distance
from shared.imaging.decode import decode
from shared.imaging.pdq import pdq, pdq_of_reduced
from shared.imaging.reduced import SIDE, reduced
from tests.unit.shared.imaging.pictures import LIMITS, encode

KNOWN = "1ed0302bc3d4ce0198fd33a366144cfbc9d59aa9936a9293b66eb6dc2431afc3"

PICTURES = [decode(file, LIMITS).image for file in photographs(12, seed=3)]


def as_published(image: Image.Image) -> np.ndarray:
    """PDQ written anew from the paper, bool [16, 16], for a picture whose averaging windows are one pixel wide."""
    grid = np.asarray(reduced(image), np.float64)[1::2, 1::2]
    assert grid.shape == (64, 64)
    frequencies, places = np.arange(1, 17)[:, None], np.arange(64)[None, :]
    cosines = np.sqrt(2 / 64) * np.cos(np.pi / 128 * frequencies * (2 * places + 1))
    spectrum = cosines @ grid @ cosines.T
    return spectrum > np.sort(spectrum, axis=None)[127]


def reencoded(image: Image.Image, file_format: str, **options) -> Image.Image:
    return Image.open(io.BytesIO(encode(image, file_format, **options))).convert("RGB")


@pytest.mark.parametrize("image", PICTURES[:4])
def test_the_hash_is_that_of_the_paper(image):
    written_anew = np.packbits(as_published(image).reshape(-1)[::-1]).tobytes()
    # In float64 here and in float32 there: what lies at the median may fall to either side.
    assert distance(pdq(image).pdq, written_anew) <= 2


def test_a_known_picture_has_its_known_hash():
    down, across = np.mgrid[:SIDE, :SIDE] / SIDE
    waves = np.sin(9 * down**2 + 5 * across) + np.sin(23 * across * down) + 2 * (across > 0.7 - down**2)
    found = pdq(Image.fromarray((40 * (waves + 2)).astype(np.uint8)).convert("RGB"))
    assert (found.pdq.hex(), found.quality) == (KNOWN, 100)


@pytest.mark.parametrize("side", [1000, 1024, 3001])
def test_how_a_large_picture_is_shrunk_hardly_shows_in_its_hash(side):
    """Text alone, whose lines a sparser look at it would lose."""
    letters = Image.effect_noise((160, side // 20), 200).point(lambda value: 255 * (value > 90))
    page = Image.new("RGB", (side, side), "white")
    for top in range(0, side - 20, 20):
        width = 200 + 37 * top % (side - 200)
        page.paste(letters.resize((width, 10), Image.Resampling.NEAREST, (0, top // 20, 160, top // 20 + 1)), (0, top))
    at_once = page.convert("L").resize((SIDE, SIDE), Image.Resampling.BILINEAR)
    assert distance(pdq(page).pdq, pdq_of_reduced(at_once.tobytes()).pdq) < NEAR / 2
    assert distance(pdq(page).pdq, pdq(page.resize((side // 3, side // 3))).pdq) < NEAR


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda image: reencoded(image, "JPEG", quality=50), id="jpeg 50"),
        pytest.param(lambda image: reencoded(image, "WEBP", quality=50), id="webp 50"),
        pytest.param(lambda image: image.resize((image.width // 3, image.height // 3)), id="a third"),
        pytest.param(lambda image: image.resize((image.width * 2, image.height * 2)), id="double"),
        pytest.param(lambda image: image.point(lambda value: min(255, value * 1.1)), id="brighter"),
        pytest.param(lambda image: image.convert("L").convert("RGB"), id="grey"),
    ],
)
@pytest.mark.parametrize("image", PICTURES[:6])
def test_a_picture_in_another_form_is_near(image, change):
    assert distance(pdq(image).pdq, pdq(change(image)).pdq) <= NEAR


def test_different_pictures_are_far_and_their_hashes_are_sure():
    found = [pdq(image) for image in PICTURES]
    assert min(distance(one.pdq, other.pdq) for one, other in combinations(found, 2)) > 2 * NEAR
    assert all(fingerprint.is_sure for fingerprint in found)


@pytest.mark.parametrize("turn", [Image.Transpose.FLIP_LEFT_RIGHT, Image.Transpose.ROTATE_90])
def test_a_mirrored_or_turned_picture_is_another(turn):
    assert distance(pdq(PICTURES[0]).pdq, pdq(PICTURES[0].transpose(turn)).pdq) > NEAR


@pytest.mark.parametrize("colour", ["white", "black", (10, 200, 90)])
@pytest.mark.parametrize("size", [(1, 1), (3, 900), (512, 512)])
def test_a_flat_picture_has_a_hash_of_no_quality(colour, size):
    found = pdq(Image.new("RGB", size, colour))
    assert found.quality == 0
    assert not found.is_sure


def test_what_is_hashed_is_the_upright_picture():
    stored, exif = PICTURES[1].transpose(Image.Transpose.ROTATE_90), Image.Exif()
    exif[0x0112] = 6
    turned_back = decode(encode(stored, "JPEG", quality=95, exif=exif), LIMITS).image
    assert distance(pdq(turned_back).pdq, pdq(PICTURES[1]).pdq) <= 10


def test_what_is_hashed_lies_on_white_where_it_is_transparent():
    drawn = PICTURES[2].resize((256, 256))
    holes = drawn.convert("RGBA")
    holes.paste((0, 0, 0, 0), (40, 40, 150, 150))
    shown = drawn.copy()
    shown.paste("white", (40, 40, 150, 150))
    assert pdq(decode(encode(holes, "PNG"), LIMITS).image) == pdq(shown)


@pytest.mark.parametrize("size", [0, SIDE * SIDE - 1, SIDE * SIDE + 1])
def test_what_was_not_reduced_is_refused(size):
    with pytest.raises(ValueError):
        pdq_of_reduced(bytes(size))


def test_making_a_picture_small_needs_no_numpy():
    program = "import sys; import shared.imaging.reduced, shared.imaging.reencode; assert 'numpy' not in sys.modules"
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)
