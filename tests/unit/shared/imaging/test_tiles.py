import numpy as np
import pytest
from PIL import Image

from shared.domain.job import Lane
from shared.domain.model_card import RESAMPLING, InputSpec, View
from shared.domain.tiles import plan
from shared.imaging.decode import decode
from shared.imaging.tiles import cut
from tests.unit.shared.imaging.pictures import LIMITS, encode, noise, quadrants


def spec_of(*views: View, width: int = 40, height: int = 24, **options) -> InputSpec:
    return InputSpec(width=width, height=height, views=dict.fromkeys(Lane, views), **options)


def tiles(image: Image.Image, spec: InputSpec) -> list[np.ndarray]:
    return [np.asarray(tile) for tile in cut(image, spec, Lane.BULK)]


def native(crops: int) -> View:
    return View(short_side=None, crops=crops)


def test_native_tiles_are_pixels_of_the_picture():
    image = noise(200, 120)
    spec = spec_of(native(9))
    places = plan(200, 120, spec, Lane.BULK)
    for tile, place in zip(tiles(image, spec), places, strict=True):
        left, top, right, bottom = map(int, place.box)
        assert np.array_equal(tile, np.asarray(image)[top:bottom, left:right])


@pytest.mark.parametrize("resample", [name for name in RESAMPLING if name != "nearest"])
@pytest.mark.parametrize(("crops", "short_side"), [(1, 30), (9, 30), (9, 60), (5, 100)])
def test_tiles_are_those_of_the_whole_picture_resized(resample, crops, short_side):
    """Whether cut from one region or resized each for itself, within a rounding of one level."""
    image = noise(200, 120)
    whole = image.resize((200 * short_side // 120, short_side), Image.Resampling[resample.upper()])
    spec = spec_of(View(short_side=short_side, crops=crops), resample=resample)
    for tile, place in zip(tiles(image, spec), plan(200, 120, spec, Lane.BULK), strict=True):
        expected = np.asarray(whole)[place.top : place.top + 24, place.left : place.left + 40]
        assert np.abs(tile.astype(int) - expected).max() <= 1


@pytest.mark.parametrize("size", [(7, 5), (40, 5), (7, 24), (1, 1), (300, 5), (7, 300)])
def test_a_small_picture_is_completed_by_mirroring(size):
    image = noise(*size)
    [tile] = tiles(image, spec_of(native(1)))
    pixels = np.asarray(image)
    left, top = max(0, size[0] - 40) // 2, max(0, size[1] - 24) // 2
    shown = pixels[top : top + 24, left : left + 40]
    missing = ((0, 24 - shown.shape[0]), (0, 40 - shown.shape[1]), (0, 0))
    assert np.array_equal(tile, np.pad(shown, missing, mode="symmetric"))


def test_or_enlarged_where_the_card_says_so():
    [tile] = tiles(quadrants(8, 8), spec_of(native(1), width=32, height=32, small="enlarge", resample="nearest"))
    assert np.array_equal(tile, np.asarray(quadrants(32, 32)))


@pytest.mark.parametrize("orientation", range(1, 9))
def test_tiles_are_cut_from_the_upright_picture(orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    image = decode(encode(quadrants(64, 48), "PNG", exif=exif), LIMITS).image
    spec = spec_of(native(4), width=8, height=8)
    found = [tuple(tile[4, 4]) for tile in tiles(image, spec)]
    right, bottom = image.width - 1, image.height - 1
    assert found == [image.getpixel(place) for place in ((0, 0), (right, 0), (0, bottom), (right, bottom))]
    assert len(set(found)) == 4


@pytest.mark.parametrize("size", [(32, 32), (640, 480), (5472, 3648), (30_000, 20), (1, 30_000)])
@pytest.mark.parametrize("small", ["mirror", "enlarge"])
def test_every_size_gives_whole_tiles(size, small):
    spec = spec_of(native(5), View(short_side=64, crops=9), width=48, height=48, small=small)
    found = tiles(Image.new("RGB", size, (9, 8, 7)), spec)
    assert len(found) == len(plan(*size, spec, Lane.BULK))
    assert all(tile.shape == (48, 48, 3) and (tile == [9, 8, 7]).all() for tile in found)


def test_a_20_megapixel_picture_is_not_copied(monkeypatch):
    """No picture is ever made that holds more than the tiles together."""
    made, image = [], Image.new("RGB", (5472, 3648))
    monkeypatch.setattr(Image.Image, "_new", _noting(Image.Image._new, made))
    spec = spec_of(native(9), View(short_side=1000, crops=9), View(short_side=64, crops=5), width=64, height=64)
    assert len(tiles(image, spec)) == 21
    assert max(made) <= 21 * 64 * 64


def _noting(new, made):
    def note(self, core):
        made.append(core.size[0] * core.size[1])
        return new(self, core)

    return note


def test_the_picture_is_left_as_it_was():
    image = noise(200, 120)
    before = image.tobytes()
    tiles(image, spec_of(native(9), View(short_side=30, crops=5)))
    assert image.tobytes() == before
