import numpy as np
import pytest

from services.retrainer.reproduce.figures import figures, roc

LABELS = np.array([1, 1, 1, 0, 0], np.uint8)
LOGITS = np.array([2.0, 1.0, -1.0, 0.5, -2.0], np.float32)


def test_figures_of_each_class_and_their_averages():
    measured = figures(LABELS, LOGITS)
    assert measured["accuracy"] == 0.6
    assert measured["roc_auc"] == pytest.approx(5 / 6, abs=1e-6)
    ai, human = measured["classes"]["ai"], measured["classes"]["human"]
    assert (ai["precision"], ai["recall"], ai["f1"]) == pytest.approx((2 / 3, 2 / 3, 2 / 3), abs=1e-6)
    assert (human["precision"], human["recall"], human["f1"], human["support"]) == (0.5, 0.5, 0.5, 2)
    assert measured["macro"]["f1"] == pytest.approx((2 / 3 + 1 / 2) / 2, abs=1e-6)
    assert measured["weighted"]["f1"] == pytest.approx((3 * 2 / 3 + 2 * 1 / 2) / 5, abs=1e-6)
    assert measured["weighted"]["support"] == 5


def test_a_class_that_is_never_named_has_figures_too():
    measured = figures(LABELS, np.full(5, -1, np.float32))
    assert measured["classes"]["ai"] == {"precision": 0.0, "recall": 0.0, "f1": 0.0, "support": 3}


def test_the_curve_goes_from_corner_to_corner_with_the_area_of_the_figures():
    false, true = roc(LABELS, LOGITS)
    assert (false[0], true[0], false[-1], true[-1]) == (0, 0, 1, 1)
    assert np.trapezoid(true, false) == pytest.approx(figures(LABELS, LOGITS)["roc_auc"], abs=1e-6)


def test_pictures_of_one_logit_are_one_point_of_the_curve():
    false, true = roc(LABELS, np.zeros(5, np.float32))
    assert np.array_equal(false, [0, 1])
    assert np.array_equal(true, [0, 1])
