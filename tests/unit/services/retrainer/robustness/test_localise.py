import numpy as np
import pytest

from services.retrainer.robustness.localise import cells, found

MASK = np.zeros((80, 120), bool)
MASK[20:60, 30:60] = True


def test_the_truth_itself_finds_the_patch():
    evidence = cells(MASK, 8, 12).astype(np.float32)
    assert found(evidence, MASK).auroc == 1
    assert found(evidence, MASK).pointed
    assert found(evidence, MASK).iou == 1  # all that lies above the median is the patch


def test_its_negative_finds_everything_else():
    found_ = found(-cells(MASK, 8, 12).astype(np.float32), MASK)
    assert found_.auroc == 0
    assert not found_.pointed
    assert found_.iou == 0


def test_a_flat_map_finds_nothing():
    assert found(np.ones((8, 12), np.float32), MASK).auroc == 0.5
    assert found(np.ones((8, 12), np.float32), MASK).iou == 0


def test_a_perfect_map_that_ranks_all_cells_reaches_the_ceiling_and_no_more():
    noise = np.random.default_rng(0).random((8, 12)).astype(np.float32)
    perfect = found(cells(MASK, 8, 12) + noise / 2, MASK)
    assert perfect.iou == pytest.approx(perfect.ceiling) == pytest.approx(12 / 48)


def test_a_patch_that_no_tile_saw_is_not_found():
    evidence = np.random.default_rng(0).random((8, 12)).astype(np.float32)
    evidence[cells(MASK, 8, 12)] = np.nan
    assert found(evidence, MASK).auroc == pytest.approx(0.5, abs=0.02)
    assert not found(evidence, MASK).pointed


def test_a_coarse_map_has_a_cell_for_a_small_patch():
    small = np.zeros((80, 120), bool)
    small[0:10, 0:10] = True
    assert cells(small, 2, 3).sum() == 1
    assert cells(small, 2, 3)[0, 0]
