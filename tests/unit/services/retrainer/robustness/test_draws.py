import numpy as np
import pytest

from services.retrainer.robustness.draws import Draws
from services.retrainer.statistics.bootstrap import interval

LABELS = np.array([0, 0, 0, 1, 1, 1, 1, 0], np.uint8)
OWNERS = np.array(["a", "a", "b", "c", "c", "d", "e", "f"])
SCORES = np.array([0.1, 0.5, 0.5, 0.5, 0.9, 0.2, 0.8, 0.3])


def test_the_first_draw_is_what_was_measured():
    draws = Draws.of(OWNERS, LABELS)
    assert draws.mean(SCORES)[0] == pytest.approx(SCORES.mean())
    assert draws.mean(SCORES > 0.4, LABELS == 1)[0] == 0.75
    assert draws.roc_auc(SCORES)[0] == pytest.approx(12 / 16)  # of 16 pairs 11 stand in order and 2 are ties


def test_two_figures_of_one_study_are_paired():
    draws = Draws.of(OWNERS, LABELS)
    difference = interval(draws.roc_auc(SCORES) - draws.roc_auc(SCORES * 2))
    assert (difference.low, difference.high) == (0, 0)


def test_one_owner_alone_has_no_interval():
    only = interval(Draws.of(np.array(["a"] * 4), np.zeros(4, np.uint8)).mean(np.arange(4.0)))
    assert only.value == 1.5
    assert np.isnan([only.low, only.high]).all()


def test_a_lone_owner_of_one_class_leaves_the_other_its_interval():
    owners = np.where(LABELS == 1, "one", OWNERS)
    draws = Draws.of(owners, LABELS)
    assert np.isnan(interval(draws.roc_auc(SCORES)).low)
    assert interval(draws.mean(SCORES, LABELS == 0)).low > 0


def test_a_part_of_one_owner_has_no_interval_though_the_whole_has():
    draws = Draws.of(OWNERS, LABELS)
    part = draws.where((LABELS == 1) | (OWNERS == "a"))
    assert np.isfinite(interval(draws.roc_auc(SCORES)).low)
    assert np.isnan(interval(part.roc_auc(SCORES[(LABELS == 1) | (OWNERS == "a")])).low)
    assert np.isnan(interval(draws.mean(SCORES, OWNERS == "a")).low)


def test_nothing_to_count_is_nan_and_no_error():
    draws = Draws.of(OWNERS, LABELS)
    assert np.isnan(interval(draws.mean(np.ones(8), np.zeros(8, bool))).value)
    assert np.isnan(interval(draws.where(LABELS == 0).roc_auc(np.arange(4.0))).value)
