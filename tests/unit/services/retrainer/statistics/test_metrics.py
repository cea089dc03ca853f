import math

import numpy as np
import pytest

from services.retrainer.statistics.metrics import (
    by_class,
    expected_calibration_error,
    measure,
    rate,
    roc_auc,
    table,
    tpr_at_fpr,
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
    # AI images stand at ranks 1, 3, 4 and 7.
    assert measured["average_precision"] == pytest.approx((1 / 1 + 2 / 3 + 3 / 4 + 4 / 7) / 4, abs=1e-6)
    assert measured["brier"] == pytest.approx(np.square(PROBABILITIES - LABELS).mean(), abs=1e-6)
    assert measured["tpr_at_5_fpr"] == 0.25  # above 0.90
    assert measured["uncertain"]["value"] == 0.25  # 0.60 and 0.40
    assert measured["false_likely_ai"] == rate(1, 4)
    assert measured["false_likely_human"] == rate(1, 4)


def test_precision_recall_and_f1_tell_the_two_kinds_of_error_apart():
    labels = np.array([1, 1, 1, 1, 1, 0], np.uint8)
    probabilities = np.array([0.9, 0.9, 0.1, 0.1, 0.1, 0.9])
    measured = measure(labels, probabilities, Thresholds())
    assert measured["precision"]["value"] == pytest.approx(2 / 3, abs=1e-6)
    assert measured["recall"]["value"] == pytest.approx(2 / 5)
    assert measured["f1"] == pytest.approx(0.5)
    classes = by_class(labels, probabilities)
    assert classes["ai"] == {"precision": 0.666667, "recall": 0.4, "f1-score": 0.5, "support": 5}
    assert classes["human"] == {"precision": 0, "recall": 0, "f1-score": 0, "support": 1}
    assert classes["macro avg"]["recall"] == 0.2
    assert classes["weighted avg"]["recall"] == pytest.approx(2 / 6, abs=1e-6)


def test_a_detector_that_calls_nothing_ai_still_has_figures():
    measured = measure(LABELS, np.full(8, 0.1), Thresholds())
    assert measured["precision"] == {"value": 0.0, "low": 0.0, "high": 1.0, "n": 0}
    assert measured["f1"] == 0


def test_images_of_one_class_have_no_figure_that_takes_two():
    measured = measure(np.zeros(3, np.uint8), np.array([0.1, 0.2, 0.9]), Thresholds())
    assert measured["roc_auc"] is None
    assert measured["false_likely_ai"]["value"] == pytest.approx(1 / 3, abs=1e-6)
    assert "–" in table({"test": measured})


def test_ties_count_half_in_the_area_under_the_curve():
    labels = np.array([1, 0, 1, 0], np.uint8)
    assert roc_auc(labels, np.array([0.5, 0.5, 0.5, 0.5])) == 0.5
    assert roc_auc(labels, np.array([0.9, 0.5, 0.5, 0.1])) == 0.875


def test_false_alarms_stay_within_the_rate_that_is_allowed():
    labels = np.array([0] * 100 + [1] * 4, np.uint8)
    scores = np.r_[np.arange(100), [98.5, 97.5, 95.0, 10.0]].astype(float)
    assert tpr_at_fpr(labels, scores, 0.01) == 0.25  # one human image above 98.5
    assert tpr_at_fpr(labels, scores, 0.02) == 0.5
    assert tpr_at_fpr(labels, scores, 0.05) == 0.75  # 95.0 ties with the fifth
    assert tpr_at_fpr(labels, scores, 0.049) == 0.5


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
