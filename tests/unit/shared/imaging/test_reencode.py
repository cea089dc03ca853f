import numpy as np
import pytest
from PIL import Image

from bench.pictures import photographs
from shared.domain.fingerprint import NEAR, distance
from shared.imaging.decode import decode
from shared.imaging.formats import Format
from shared.imaging.pdq import pdq
from shared.imaging.reencode import LONGEST, NAMES, reencodings
from tests.unit.shared.imaging.pictures import LIMITS, noise

PHOTOGRAPH = decode(photographs(1, seed=5)[0], LIMITS).image


def decoded(image, seed=0):
    return {name: decode(data, LIMITS) for name, data in reencodings(image, seed)}


def test_each_form_is_what_its_name_says():
    forms = decoded(PHOTOGRAPH)
    assert tuple(forms) == NAMES
    assert forms["webp-80"].format is Format.WEBP
    assert {forms[name].format for name in NAMES if name != "webp-80"} == {Format.JPEG}
    assert {forms[name].image.size for name in ("jpeg-90", "jpeg-70", "webp-80")} == {(512, 512)}
    assert forms["half"].image.size == (256, 256)
    assert forms["crop"].image.size == (461, 461)
    assert 0.6 <= forms["resize"].width / 512 <= 0.9
    assert forms["resize"].width == forms["resize"].height


def test_all_but_the_crop_show_the_whole_picture():
    whole = pdq(PHOTOGRAPH).pdq
    far = {name for name, form in decoded(PHOTOGRAPH).items() if distance(pdq(form.image).pdq, whole) > NEAR}
    assert far <= {"crop"}


def test_the_crop_is_a_part_of_the_picture():
    crop = np.asarray(decoded(PHOTOGRAPH)["crop"].image.convert("L"), np.float32)
    whole = np.asarray(PHOTOGRAPH.convert("L"), np.float32)
    errors = [
        np.abs(whole[top : top + 461, left : left + 461] - crop).mean() for top in range(52) for left in range(52)
    ]
    assert min(errors) < 5 < np.median(errors)


def test_the_same_seed_draws_the_same_and_another_seed_draws_otherwise():
    image = noise(200, 150)
    first, again, other = (dict(reencodings(image, seed)) for seed in (7, 7, 8))
    assert first == again
    assert {name for name in NAMES if first[name] != other[name]} == {"resize", "crop"}


@pytest.mark.parametrize("size", [(1, 1), (1, 700), (3, 2)])
def test_a_tiny_picture_has_all_forms(size):
    assert all(min(form.image.size) >= 1 for form in decoded(Image.new("RGB", size, "red")).values())


def test_a_large_picture_is_shrunk_first():
    forms = decoded(Image.new("RGB", (20_000, 4), "red"))
    assert {forms[name].image.size for name in ("jpeg-90", "jpeg-70", "webp-80")} == {(LONGEST, 1)}
    assert forms["half"].image.size == (LONGEST // 2, 1)
