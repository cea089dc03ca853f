import math

import numpy as np
import pytest

from services.retrainer.evaluate import (
    expected_calibration_error,
    measure,
    rate,
    roc_auc,
    table,
    wilson,
)
from shared.domain.verdict import Thresholds

LABELS = np.array([1, 1, 1, 1, 0, 0, 0, 0], np.uint8)
PROBABILITIES = np.array([0.95, 0.80, 0.60, 0.10, 0.90, 0.40, 0.20, 0.05])


def test_figures_of_eight_images_counted_by_hand():
    measured = measure(LABELS, PROBABILITIES, Thresholds(likely_human=0.2, likely_ai=0.8))
    assert measured["n"] == 8
    assert measured["confusion"] == {"true_ai": 3, "false_ai": 1, "false_human": 1, "true_human": 3}
    assert measured["accuracy"]["value"] == 0.75
    assert measured["precision"]["value"] == 0.75
    assert measured["recall"]["value"] == 0.75
    assert measured["f1"] == 0.75
    assert measured["roc_auc"] == pytest.approx(11 / 16)  # of 16 pairs 11 stand in order
    assert measured["uncertain"]["value"] == 0.25  # 0.60 and 0.40
    assert measured["false_likely_ai"] == rate(1, 4)
    assert measured["false_likely_human"] == rate(1, 4)


def test_precision_recall_and_f1_tell_the_two_kinds_of_error_apart():
    labels = np.array([1, 1, 1, 1, 1, 0], np.uint8)
    measured = measure(labels, np.array([0.9, 0.9, 0.1, 0.1, 0.1, 0.9]), Thresholds())
    assert measured["precision"]["value"] == pytest.approx(2 / 3, abs=1e-6)
    assert measured["recall"]["value"] == pytest.approx(2 / 5)
    assert measured["f1"] == pytest.approx(0.5)


def test_a_detector_that_calls_nothing_ai_still_has_figures():
    measured = measure(LABELS, np.full(8, 0.1), Thresholds())
    assert measured["precision"] == {"value": 0.0, "low": 0.0, "high": 1.0, "n": 0}
    assert measured["f1"] == 0


def test_ties_count_half_in_the_area_under_the_curve():
    labels = np.array([1, 0, 1, 0], np.uint8)
    assert roc_auc(labels, np.array([0.5, 0.5, 0.5, 0.5])) == 0.5
    assert roc_auc(labels, np.array([0.9, 0.5, 0.5, 0.1])) == 0.875


@pytest.mark.parametrize(("order", "area"), [(1, 1.0), (-1, 0.0)])
def test_the_area_is_1_in_perfect_order_and_0_in_the_reverse(order, area):
    assert roc_auc(LABELS, order * LABELS.astype(float)) == area


# Newcombe, "Two-sided confidence intervals for the single proportion", Statistics in Medicine 1998, table I.
@pytest.mark.parametrize(
    ("hits", "n", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_the_wilson_interval_is_the_published_one(hits, n, low, high):
    assert wilson(hits, n) == pytest.approx((low, high), abs=5e-5)


def test_nothing_is_known_of_a_share_of_nothing():
    assert wilson(0, 0) == (0.0, 1.0)


def test_calibration_error_weighs_each_bins_gap_by_its_images():
    labels = np.array([1, 0, 0, 0, 1, 1], np.uint8)
    probabilities = np.array([0.3, 0.3, 0.3, 0.3, 0.9, 0.9])
    expected = (4 * abs(0.3 - 0.25) + 2 * abs(0.9 - 1.0)) / 6
    assert math.isclose(expected_calibration_error(labels, probabilities), expected)


def test_a_probability_of_one_falls_into_the_last_bin():
    assert expected_calibration_error(np.ones(3, np.uint8), np.ones(3)) == 0


def test_the_table_has_a_column_for_each_measured_set():
    lines = table({"test": measure(LABELS, PROBABILITIES, Thresholds())}).splitlines()
    assert "test" in lines[0]
    assert any(line.startswith("accuracy") and "75.00%" in line for line in lines)
    assert any(line.startswith("confusion") and line.endswith("3  1  1  3") for line in lines)
