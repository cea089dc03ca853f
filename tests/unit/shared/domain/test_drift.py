import math
import random

import pytest

from shared.domain.drift import BINS, least_change, least_share, more_often, psi


def test_the_same_shares_have_an_index_of_zero():
    assert psi([10] * BINS, [1000] * BINS) == pytest.approx(0, abs=0.001)


def test_a_known_shift_has_the_index_that_its_definition_gives():
    before, after = [600_000, 400_000], [400_000, 600_000]
    assert psi(before, after) == pytest.approx(2 * 0.2 * math.log(1.5), abs=1e-5)


def test_empty_bins_cost_no_infinity():
    assert 1 < psi([100, 0], [0, 100]) < 20


def test_histograms_of_different_bins_are_refused():
    with pytest.raises(ValueError, match="2 and 3 bins"):
        psi([1, 1], [1, 1, 1])


def test_two_samples_of_the_same_scores_differ_as_much_as_theory_says():
    rng = random.Random(1)

    def histogram(n):
        bins = [0] * BINS
        for _ in range(n):
            bins[rng.randrange(BINS)] += 1
        return bins

    found = [psi(histogram(1000), histogram(500)) for _ in range(200)]
    assert sum(found) / len(found) == pytest.approx((BINS - 1) * (1 / 1000 + 1 / 500), rel=0.2)


def test_a_lower_bound_rises_to_the_share_with_what_was_counted():
    bounds = [least_share(n // 2, n) for n in (10, 100, 10_000)]
    assert bounds == sorted(bounds)
    assert bounds[0] < 0.2
    assert 0.47 < bounds[2] < 0.5
    assert least_share(0, 0) == 0


def test_changes_that_cancel_are_no_change():
    assert least_change(50, 50, 200) == 0
    assert least_change(0, 0, 0) == 0
    assert least_change(100, 0, 200) == pytest.approx(0.5 - 3 * math.sqrt(0.25 / 200))


def test_fishers_exact_test_gives_the_tea_tasting_lady_her_chance():
    assert more_often(4, 4, 0, 4) == pytest.approx(1 / 70)
    assert more_often(3, 4, 1, 4) == pytest.approx(17 / 70)


def test_without_anything_to_hold_it_against_nothing_is_more_often():
    assert more_often(9, 9, 0, 0) == pytest.approx(1)
    assert more_often(0, 5, 0, 50) == pytest.approx(1)
