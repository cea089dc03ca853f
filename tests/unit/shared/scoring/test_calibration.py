import math

import numpy as np
import pytest

from shared.domain.model_card import Calibration
from shared.scoring.calibration import probability


@pytest.mark.parametrize(
    ("logit", "temperature", "bias", "expected"),
    [
        (0.0, 1.0, 0.0, 0.5),
        (2.0, 1.0, 0.0, 1 / (1 + math.exp(-2))),
        (2.0, 4.0, 0.0, 1 / (1 + math.exp(-0.5))),
        (2.0, 4.0, -0.5, 0.5),
    ],
)
def test_the_probability_is_the_sigmoid_of_the_scaled_and_shifted_logit(logit, temperature, bias, expected):
    calibration = Calibration(temperature=temperature, bias=bias)
    assert probability(np.array([logit], np.float32), calibration)[0] == pytest.approx(expected, abs=1e-7)


def test_extreme_logits_give_0_and_1_without_a_warning():
    logits = np.array([-1e30, -1000, 1000, 1e30], np.float32)
    assert probability(logits, Calibration()).tolist() == [0, 0, 1, 1]


def test_no_probability_leaves_the_unit_interval():
    probabilities = probability(np.linspace(-800, 800, 4001, dtype=np.float32), Calibration(temperature=0.3, bias=2))
    assert probabilities.min() >= 0
    assert probabilities.max() <= 1
    assert np.all(np.diff(probabilities) >= 0)
