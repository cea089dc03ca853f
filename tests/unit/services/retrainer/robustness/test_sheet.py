import numpy as np
import pytest

from services.retrainer.robustness.overlay import AI_COLOUR, HUMAN_COLOUR, outlined, overlay, scale_of
from services.retrainer.robustness.sheet import GAP, LABEL, TILE, Reading, Tile, sheet
from tests.unit.services.retrainer.robustness.made import texture

GREY = texture(0, deviation=0).convert("L").convert("RGB")


def test_the_overlay_is_coloured_where_the_map_speaks_and_grey_where_it_does_not():
    evidence = np.array([[2.0, 0.0, -2.0]], np.float32)
    shown = np.asarray(overlay(GREY, evidence, 2.0), int)
    left, middle, right = shown[36, 2], shown[36, 48], shown[36, -3]
    assert np.abs(left - AI_COLOUR).sum() < np.abs(left - HUMAN_COLOUR).sum()
    assert np.abs(right - HUMAN_COLOUR).sum() < np.abs(right - AI_COLOUR).sum()
    assert np.ptp(middle) < 12


def test_what_the_map_did_not_see_stays_grey():
    shown = np.asarray(overlay(GREY, np.full((3, 4), np.nan, np.float32), 1.0), int)
    assert np.ptp(shown, axis=2).max() == 0


def test_the_scale_is_that_of_all_maps_but_their_extremes():
    assert scale_of([np.full((10, 10), -3.0, np.float32), np.array([[1000.0]], np.float32)]) == 3
    assert scale_of([]) == 0


def test_an_outline_lies_on_the_patch_and_nowhere_else():
    mask = np.zeros((72, 96), bool)
    mask[20:50, 30:70] = True
    changed = (np.asarray(outlined(GREY, mask)) != np.asarray(GREY)).any(2)
    assert changed[20, 30:70].all()
    assert not changed[~mask].any()


@pytest.mark.parametrize("beneath", [0, 1, 2])
def test_a_sheet_holds_every_tile_under_its_head(beneath):
    red = GREY.point([200] * 256 + [0] * 512)
    tile = Tile(picture=red, beneath=[red] * beneath, readings=[Reading(words="90 % AI", probability=0.9)])
    page = sheet(["plain", "blur"], [("one", [tile, tile]), ("two\nlines", [tile, tile])], note="A = x")
    assert page.width == LABEL + 2 * (TILE + GAP)
    pixels = np.asarray(page)
    assert (pixels == (200, 0, 0)).all(2).sum() >= 4 * TILE * TILE * 3 // 4
    assert (pixels == AI_COLOUR).all(2).sum() > 8 * (pixels == HUMAN_COLOUR).all(2).sum() > 0


def test_a_name_without_an_end_does_not_run_into_the_pictures():
    page = np.asarray(sheet(["x"], [("n" * 400, [Tile(picture=GREY, readings=[])])]))
    assert (page[:, LABEL - 4 : LABEL] > 200).all()
