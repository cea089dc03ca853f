import json

import numpy as np
import pytest

from services.retrainer.robustness import sensitivity, sensitivity_page
from services.retrainer.robustness.detector import Detector
from tests.unit.services.retrainer.robustness.made import CONSTANT, SHARPNESS, scored, sharp_and_soft


def brightness_map(image):
    return np.asarray(image.resize((24, 18)).convert("L"), np.float32) / 255


MAPPED = Detector(
    name="mapped", score=lambda images: scored([0.1] * len(images), [brightness_map(image) for image in images])
)


@pytest.fixture(scope="module")
def two():
    return sensitivity.measure([SHARPNESS, MAPPED], sharp_and_soft(22), base="raw", shown=3)


def move(measured, detector, alteration):
    return next(move for move in measured.moves if (move.detector, move.alteration) == (detector, alteration))


def test_blur_takes_the_score_of_sharp_ai_pictures_and_leaves_the_soft_human_ones(two):
    blurred = move(two, "sharpness", "blur")
    assert blurred.ai.value < -0.9
    assert abs(blurred.human.value) < 0.05
    assert blurred.flips.value == 0.5


def test_a_constant_score_moves_nowhere_and_its_map_is_followed(two):
    for alteration in sensitivity.NAMES[1:]:
        assert move(two, "mapped", alteration).size.value == 0
        assert 0.2 < move(two, "mapped", alteration).map.value <= 1
    assert move(two, "mapped", "noise").map.value > move(two, "mapped", "watermark").map.value
    assert move(two, "sharpness", "noise").map is None


def test_two_detectors_differ_by_side_and_by_verdict(two):
    plain = two.differences[0]
    assert plain.alteration == "plain"
    assert plain.sides.value == 0.5  # the second calls everything AI, by a hair
    assert plain.opposite.value == 0


def test_the_better_detector_is_named_where_the_figures_tell(two):
    everything = two.cases[0]
    assert (everything.human, everything.ai) == (22, 22)
    assert everything.conclusion == "sharpness"
    assert "All pictures: sharpness." in sensitivity_page.findings(two)


def test_one_detector_alone_is_not_compared():
    one = sensitivity.measure([CONSTANT], sharp_and_soft(2), base="raw", shown=2)
    assert not one.differences
    assert not one.cases
    section = sensitivity_page.section(one)
    assert "which suits when" not in section.html


def test_the_sheet_shows_both_classes_under_every_alteration(two):
    assert [row.sample.label for row in two.rows] == [0, 1, 0]
    assert all(len(row.images) == 6 for row in two.rows)
    page = sensitivity_page.contact_sheet(two)
    assert page.width > 6 * 200
    section = sensitivity_page.section(two)
    assert section.files["sensitivity.png"].startswith(b"\x89PNG")
    assert "data:image/webp" in section.html
    json.dumps(section.data, allow_nan=False)
