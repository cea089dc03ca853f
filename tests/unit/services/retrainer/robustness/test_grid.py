import json
import re

import pytest

from services.retrainer.data.samples import Dataset
from services.retrainer.robustness import grid, grid_page
from services.retrainer.robustness.degrade import BLUR, GRID
from shared.errors import ConfigurationError
from tests.unit.services.retrainer.robustness.made import CONSTANT, SHARPNESS, sharp_and_soft

FEW = [degradation for degradation in GRID if degradation.name in {"jpeg-95", "blur", "noise"}]


@pytest.fixture(scope="module")
def measured():
    return grid.measure(SHARPNESS, sharp_and_soft(), base="raw", degradations=FEW)


def cell(measured, name):
    return next(cell for cell in measured.cells if cell.name == name)


def test_a_detector_of_sharpness_is_perfect_until_pictures_are_blurred(measured):
    assert measured.clean.auroc.value == 1
    assert measured.clean.found_likely_ai.value == 1
    assert cell(measured, "blur").drop.value > 0.5
    assert cell(measured, "blur").found_likely_ai.value == 0
    assert cell(measured, "blur").flips.value == 0.5
    assert measured.worst == cell(measured, "blur")


def test_noise_makes_a_detector_of_sharpness_accuse_people(measured):
    assert measured.clean.false_likely_ai.value == 0
    assert cell(measured, "noise").false_likely_ai.value == 1
    assert cell(measured, "noise").flips.value == 0.5


def test_the_drop_is_the_clean_figure_less_the_degraded_one(measured):
    for each in measured.cells:
        assert each.drop.value == pytest.approx(measured.clean.auroc.value - each.auroc.value)
    assert measured.worst.drop.value == max(each.drop.value for each in measured.cells)


def test_a_detector_that_always_says_the_same_never_flips():
    measured = grid.measure(CONSTANT, sharp_and_soft(3), base="raw", degradations=[BLUR])
    assert measured.cells[0].flips.value == 0
    assert measured.cells[0].auroc.value == 0.5
    assert measured.cells[0].drop.value == 0


def test_the_same_seed_gives_the_same_grid(measured):
    assert grid.measure(SHARPNESS, sharp_and_soft(), base="raw", degradations=FEW) == measured


def test_a_data_set_of_one_class_is_refused():
    dataset = sharp_and_soft(2)
    humans = dataset.where(dataset.labels == 0)
    with pytest.raises(ConfigurationError, match="both"):
        grid.measure(SHARPNESS, humans, degradations=FEW)


def test_the_chapter_shows_every_cell_and_stands_alone(measured):
    section = grid_page.section(measured)
    for each in measured.cells:
        assert f"{each.name} <small>" in section.html
    assert "<svg" in section.html
    assert not re.search(r"(src|href)=\"(?!data:|#)|url\((?!#)", section.html)
    data = json.loads(json.dumps(section.data, allow_nan=False))
    assert data["worst"] == measured.worst.name
    assert data["clean"]["auroc"]["value"] == 1


def test_one_owner_to_a_class_has_figures_without_intervals():
    dataset = sharp_and_soft(2)
    lone = Dataset("made", dataset.samples[1:3])
    section = grid_page.section(grid.measure(SHARPNESS, lone, base="raw", degradations=FEW))
    assert section.data["clean"]["auroc"] == {"value": 1.0, "low": None, "high": None}
    assert "nan" not in section.html
