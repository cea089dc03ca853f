import random

import numpy as np
import pytest

from services.retrainer.data.samples import Dataset
from services.retrainer.robustness.degrade import ALTERATIONS, GRID, colour
from services.retrainer.robustness.sweep import judged
from tests.unit.services.retrainer.robustness.made import CONSTANT, sample, texture

EVERY = {degradation.name: degradation for degradation in (*GRID, *ALTERATIONS)}


@pytest.fixture(params=EVERY.values(), ids=EVERY)
def degradation(request):
    return request.param


def test_the_grid_holds_what_a_report_must_show():
    names = {degradation.name for degradation in GRID}
    assert {f"jpeg-{quality}" for quality in (95, 85, 75, 60, 50, 40)} < names
    assert {"webp-80", "blur", "sharpen", "resize-1/2", "resize-1/4", "crop", "noise", "colour"} < names
    assert {"watermark", "screenshot", "double-jpeg", "combined"} < names
    assert len(names) == len(GRID)


def test_a_degradation_changes_the_picture_and_leaves_it_rgb(degradation):
    image = texture(0)
    degraded = degradation(image, "a")
    assert degraded.mode == "RGB"
    assert degraded.size != image.size or np.abs(np.asarray(degraded, int) - np.asarray(image, int)).mean() > 0.3


def test_a_degradation_leaves_the_picture_that_it_was_given_as_it_was(degradation):
    image = texture(0)
    degradation(image, "a")
    assert image.tobytes() == texture(0).tobytes()


def test_a_degradation_keeps_the_size_or_says_so(degradation):
    sizes = {degradation(texture(0), name).size for name in "abcd"}
    assert (sizes == {(96, 72)}) == degradation.keeps_size
    if not degradation.keeps_size:
        assert any(word in degradation.says for word in ("shrunk", "window", "screen"))


def test_a_degradation_is_the_same_for_the_same_name_and_seed(degradation):
    assert degradation(texture(0), "a", seed=3).tobytes() == degradation(texture(0), "a", seed=3).tobytes()


@pytest.mark.parametrize("name", ["crop", "noise", "colour", "watermark", "screenshot", "combined", "all"])
def test_what_is_drawn_by_chance_differs_between_names_and_seeds(name):
    image = texture(0)
    drawn = [EVERY[name](image, "a"), EVERY[name](image, "b"), EVERY[name](image, "a", seed=1)]
    assert len({picture.tobytes() for picture in drawn}) == 3


@pytest.mark.parametrize("size", [(32, 32), (8, 60), (300, 200)])
def test_a_degradation_takes_pictures_of_any_size(degradation, size):
    assert min(degradation(texture(0, width=size[0], height=size[1]), "a").size) >= 5


def test_labels_have_no_part_in_it(degradation):
    """The same pictures under the same names, labels exchanged, become the same pictures."""

    def pictures(labels):
        dataset = Dataset("made", [sample(f"{place}", label, texture(place)) for place, label in enumerate(labels)])
        return [each.images[1].tobytes() for each in judged([CONSTANT], dataset, [degradation], base="raw")]

    assert pictures([0, 1, 0]) == pictures([1, 0, 1])


def test_the_worse_quality_of_a_codec_moves_the_picture_further():
    image = np.asarray(texture(0), int)
    moved = [
        np.abs(np.asarray(EVERY[f"jpeg-{quality}"](texture(0), "a"), int) - image).mean() for quality in (95, 75, 40)
    ]
    assert moved == sorted(moved)


def test_shrinking_stops_at_eight_pixels():
    assert EVERY["resize-1/4"](texture(0, width=16, height=64), "a").size == (8, 16)


def test_a_colour_filter_is_never_nothing():
    chance = random.Random(0)
    grey = texture(0, deviation=0)
    assert all(np.abs(np.asarray(colour(grey, chance), int) - np.asarray(grey, int)).max() > 8 for _ in range(20))
