import numpy as np
import pytest

from services.retrainer.harvest.prevalence import ENOUGH, UNKNOWN, estimate


def test_without_spot_checks_the_stated_wide_interval_holds():
    found = estimate()
    assert (found.low, found.high) == UNKNOWN


def test_the_interval_leaves_the_same_chance_at_both_ends_of_the_posterior():
    """Against the density of Beta(5.5, 95.5), added up by hand."""
    shares = np.linspace(0, 1, 200_001)[1:-1]
    density = shares**4.5 * (1 - shares) ** 94.5
    density /= density.sum()
    found = estimate(ai=5, human=95)
    assert density[shares < found.low].sum() == pytest.approx(0.025, abs=1e-4)
    assert density[shares > found.high].sum() == pytest.approx(0.025, abs=1e-4)


@pytest.mark.parametrize(("label", "low", "high"), [("human", UNKNOWN[0], UNKNOWN[1]), ("ai", UNKNOWN[0], 0.975)])
def test_few_spot_checks_can_only_widen_what_is_assumed(label, low, high):
    found = estimate(**{label: ENOUGH - 1})
    assert (found.low, found.high) == (low, pytest.approx(high, abs=1e-9))


def test_unsure_labels_widen_both_ends():
    sure, unsure = estimate(ai=10, human=90), estimate(ai=10, human=90, unsure=20)
    assert unsure.low < sure.low
    assert unsure.high > sure.high


def test_the_interval_holds_the_truth_about_as_often_as_it_says():
    drawn = np.random.default_rng(0).binomial(200, 0.05, 2000)
    held = [found.low <= 0.05 <= found.high for ai in drawn for found in [estimate(ai=int(ai), human=200 - int(ai))]]
    assert np.mean(held) == pytest.approx(0.95, abs=0.03)


def test_a_negative_count_is_refused():
    with pytest.raises(ValueError, match="counted from 0"):
        estimate(ai=-1)
