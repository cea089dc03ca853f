import numpy as np
import pytest

from shared.domain.evidence import CERTAIN, UNSEEN
from shared.domain.job import Lane
from shared.domain.model_card import Calibration, InputSpec, View
from shared.domain.tiles import plan
from shared.scoring.evidence import MOST_CELLS, quantise, stitch


def tiles_of(width, height, *views, side=16, small="mirror"):
    spec = InputSpec(width=side, height=side, small=small, views=dict.fromkeys(Lane, views))
    return plan(width, height, spec, Lane.BULK)


def native(crops, weight=1.0):
    return View(short_side=None, crops=crops, weight=weight)


def flat(*values, cells=4):
    """Maps that say the same everywhere, one for each value."""
    return np.array(values, np.float32)[:, np.newaxis, np.newaxis] * np.ones((cells, cells), np.float32)


def test_one_tile_over_the_whole_picture_is_its_map():
    drawn = np.random.default_rng(0).normal(size=(1, 4, 4)).astype(np.float32)
    assert np.allclose(stitch(drawn, tiles_of(16, 16, native(1)), 16, 16), drawn[0])


def test_a_stretched_map_takes_the_shape_of_the_picture():
    drawn = np.array([[[1, 2], [3, 4]]], np.float32)
    stitched = stitch(drawn, plan(80, 20, InputSpec(width=8, height=8), Lane.BULK), 80, 20)
    assert stitched.shape == (2, 8)
    assert stitched.tolist() == [[1] * 4 + [2] * 4, [3] * 4 + [4] * 4]


def test_what_no_tile_saw_is_nan():
    stitched = stitch(flat(1, 2, 3, 4), tiles_of(48, 64, native(4)), 48, 64)
    assert stitched.shape == (16, 12)
    assert np.isnan(stitched).sum() == 16 * 12 - 4 * 16
    corners = [stitched[:4, :4], stitched[:4, -4:], stitched[-4:, :4], stitched[-4:, -4:]]
    assert [np.unique(corner).tolist() for corner in corners] == [[1], [2], [3], [4]]


def test_overlapping_tiles_of_a_view_are_averaged():
    stitched = stitch(flat(0, 6), tiles_of(24, 16, native(2)), 24, 16)
    assert stitched[0].tolist() == [0, 0, 3, 3, 6, 6]


def test_overlapping_views_are_averaged_by_their_weights_however_many_tiles_they_have():
    tiles = tiles_of(64, 64, native(4, weight=3), View(short_side=16, crops=1, weight=1))
    stitched = stitch(flat(4, 4, 4, 4, 0), tiles, 64, 64)
    assert stitched[0, 0] == pytest.approx((3 * 4 + 1 * 0) / 4)
    assert stitched[8, 8] == 0  # seen by the coarse view alone


def test_a_tile_of_two_views_counts_in_both():
    tiles = tiles_of(16, 16, native(9), View(short_side=16, crops=1))
    assert np.allclose(stitch(flat(5), tiles, 16, 16), 5)


def test_a_mirrored_part_says_nothing_of_the_picture():
    drawn = np.full((1, 4, 4), 9, np.float32)
    drawn[0, :2, :2] = [[1, 2], [3, 4]]
    assert stitch(drawn, tiles_of(8, 8, native(1)), 8, 8).tolist() == [[1, 2], [3, 4]]


def test_tiles_in_the_frame_of_a_shrunken_view_cover_the_original():
    stitched = stitch(flat(1, 2), tiles_of(640, 320, View(short_side=16, crops=2)), 640, 320)
    assert stitched[0].tolist() == [1, 1, 1, 1, 2, 2, 2, 2]


@pytest.mark.parametrize("size", [(1, 1), (32, 32), (5472, 3648), (3648, 5472), (30_000, 20), (20, 30_000)])
@pytest.mark.parametrize("small", ["mirror", "enlarge"])
def test_maps_are_coarse_and_have_the_pictures_shape(size, small):
    tiles = tiles_of(*size, native(9), View(short_side=64, crops=5), side=32, small=small)
    stitched = stitch(flat(*range(len(tiles)), cells=8), tiles, *size)
    rows, columns = stitched.shape
    assert stitched.dtype == np.float32
    assert 1 <= min(rows, columns) <= max(rows, columns) <= MOST_CELLS
    cell = max(size) / max(rows, columns)
    assert abs(rows - size[1] / cell) <= 1
    assert abs(columns - size[0] / cell) <= 1
    assert np.isfinite(stitched).any()


def test_where_all_is_seen_once_the_mean_of_the_map_is_the_logit():
    drawn = np.random.default_rng(0).normal(size=(4, 4, 4)).astype(np.float32)
    tiles = tiles_of(32, 32, native(4))
    logit = sum(tile.weight * values.mean() for tile, values in zip(tiles, drawn, strict=True))
    assert stitch(drawn, tiles, 32, 32).mean() == pytest.approx(logit, abs=1e-6)


def test_a_kept_map_holds_calibrated_probabilities_and_what_was_never_seen():
    evidence = np.array([[0, 2, np.nan], [-2, 50, -50]], np.float32)
    kept = quantise(evidence, Calibration(temperature=2.0, bias=1.0))
    assert (kept.rows, kept.columns) == (2, 3)
    expected = [1 / (1 + np.exp(-z)) for z in (1, 2, 0)]
    assert [kept.cells[i] for i in (0, 1, 3)] == [round(CERTAIN * value) for value in expected]
    assert [kept.cells[i] for i in (2, 4, 5)] == [UNSEEN, CERTAIN, 0]
