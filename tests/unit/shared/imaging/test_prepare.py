import numpy as np
import pytest
from PIL import Image

from shared.domain.job import Lane
from shared.domain.model_card import RESAMPLING, InputSpec, View
from shared.imaging.prepare import prepare
from shared.imaging.tiles import cut
from tests.unit.shared.imaging.pictures import noise


@pytest.mark.parametrize("resample", RESAMPLING)
def test_the_whole_picture_is_resized_with_the_named_filter(resample):
    image = noise(64, 48)
    pixels = prepare(image, InputSpec(width=20, height=10, resample=resample))

    expected = image.resize((20, 10), getattr(Image.Resampling, resample.upper()))
    assert np.array_equal(pixels[0], np.asarray(expected))
    assert pixels.shape == (1, 10, 20, 3)
    assert pixels.dtype == np.uint8


def test_a_picture_that_fits_keeps_every_pixel():
    image = noise(32, 32)

    assert np.array_equal(prepare(image, InputSpec(width=32, height=32))[0], np.asarray(image))


def test_the_result_belongs_to_the_caller():
    image = noise(32, 32)
    pixels = prepare(image, InputSpec(width=32, height=32))
    before = image.getpixel((0, 0))
    pixels[:] = 0

    assert image.getpixel((0, 0)) == before


@pytest.mark.parametrize(("width", "height"), [(1, 1), (1, 16_384), (16_384, 1)])
def test_odd_shapes_are_resized(width, height):
    assert (prepare(Image.new("RGB", (width, height), (9, 8, 7)), InputSpec(width=32, height=32)) == [9, 8, 7]).all()


@pytest.mark.parametrize("lane", Lane)
def test_the_tiles_are_those_of_the_lane(lane):
    views = {Lane.BULK: [View(short_side=24, crops=1)], Lane.INTERACTIVE: [View(short_side=None, crops=5)]}
    spec = InputSpec(width=16, height=12, views=views)
    image = noise(64, 48)
    pixels = prepare(image, spec, lane)

    assert pixels.shape == (1 if lane is Lane.BULK else 5, 12, 16, 3)
    assert np.array_equal(pixels, np.stack([np.asarray(tile) for tile in cut(image, spec, lane)]))
