import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from services.retrainer.evaluation.reliability import reliability
from services.retrainer.statistics.bootstrap import resamples
from tests.unit.services.retrainer.evaluation.made import calibrated, predictions


def measured(made, draws=100):
    return reliability(made, resamples(made.owners, made.labels, draws=draws))


def test_a_perfect_model_has_slope_1_intercept_0_and_an_error_near_its_floor():
    found = measured(calibrated())
    assert found.slope.low < 1 < found.slope.high
    assert found.intercept.low < 0 < found.intercept.high
    assert found.error < 2 * found.floor_high


def test_a_model_twice_too_sure_has_half_the_slope():
    made = calibrated()
    found = measured(predictions(2 * made.logits, made.labels, owners=made.owners))
    assert found.slope.value == pytest.approx(0.5, abs=0.05)
    assert found.error > 2 * found.floor_high


def test_a_model_that_leans_towards_ai_has_an_intercept_below_0():
    made = calibrated()
    assert measured(predictions(made.logits + 1, made.labels, owners=made.owners)).intercept.value < -0.8


def test_slope_and_intercept_are_those_of_scikit_learn():
    made = calibrated(600)
    fitted = LogisticRegression(C=np.inf, tol=1e-9).fit(made.logits[:, None], made.labels)
    found = measured(made, draws=2)
    assert found.slope.value == pytest.approx(fitted.coef_[0, 0], abs=1e-4)
    assert found.intercept.value == pytest.approx(fitted.intercept_[0], abs=1e-4)


def test_the_share_of_ai_in_the_sample_moves_nothing():
    made = calibrated()
    few = made.where((made.labels == 0) | (np.arange(len(made)) % 8 == 1))
    found = measured(few)
    assert found.intercept.value == pytest.approx(0, abs=0.25)
    assert found.error < 0.05


def test_fewer_images_have_a_higher_floor():
    made = calibrated()
    assert measured(made.where(np.arange(len(made)) < 200)).floor > 2 * measured(made).floor


def test_bins_hold_all_images_and_lie_on_the_diagonal():
    made = calibrated()
    found = measured(made)
    assert sum(each.images for each in found.bins) == len(made)
    assert all(each.share.low - 0.03 <= each.probability <= each.share.high + 0.03 for each in found.bins)
    assert found.document()["bins"][0]["share"]["low"] is not None
