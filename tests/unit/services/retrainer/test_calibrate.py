import numpy as np
import pytest

from services.retrainer.calibrate import calibrate
from services.retrainer.evaluation.metrics import expected_calibration_error
from shared.domain.model_card import Calibration
from shared.scoring.calibration import probability


def drawn(temperature, bias, *, n=200_000):
    """Logits, and labels drawn with the probabilities that this calibration gives them."""
    random = np.random.default_rng(0)
    logits = random.normal(0, 3, n).astype(np.float32)
    truth = probability(logits, Calibration(temperature=temperature, bias=bias))
    return logits, (random.random(n) < truth).astype(np.uint8)


@pytest.mark.parametrize("temperature", [0.5, 1.0, 2.5])
def test_the_temperature_that_made_the_labels_is_found(temperature):
    fitted = calibrate(*drawn(temperature, 0.0))
    assert fitted.temperature == pytest.approx(temperature, rel=0.03)
    assert fitted.bias == pytest.approx(0, abs=0.03)


def test_an_overconfident_network_becomes_calibrated():
    logits, labels = drawn(3.0, 0.0)
    before = expected_calibration_error(labels, probability(logits, Calibration()))
    after = expected_calibration_error(labels, probability(logits, calibrate(logits, labels)))
    assert before > 0.1
    assert after < 0.01


def test_a_shifted_logit_is_shifted_back():
    logits, labels = drawn(1.0, 0.0)
    assert calibrate(logits + 2, labels).bias == pytest.approx(-2, abs=0.05)


def test_the_share_of_ai_among_the_images_does_not_move_the_bias():
    logits, labels = drawn(1.0, 0.0)
    kept = (labels == 1) | (np.arange(len(labels)) % 4 == 0)
    assert calibrate(logits[kept], labels[kept]).bias == pytest.approx(0, abs=0.05)


def test_classes_that_separate_perfectly_give_a_finite_temperature():
    fitted = calibrate(np.array([-3, -2, 2, 3], np.float32), np.array([0, 0, 1, 1], np.uint8))
    assert 0.1 < fitted.temperature < 10


def test_a_network_that_errs_more_than_chance_is_refused():
    logits, labels = drawn(1.0, 0.0, n=1000)
    with pytest.raises(ValueError, match="do not rise"):
        calibrate(-logits, labels)
