import numpy as np
import pytest

from services.retrainer.statistics.calibrate import LEAST, balanced, calibrate, calibrate_by_tier
from services.retrainer.statistics.metrics import expected_calibration_error
from shared.domain.model_card import Calibration
from shared.errors import ConfigurationError
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


def test_a_network_that_errs_more_than_chance_is_refused_with_what_to_mend():
    logits, labels = drawn(1.0, 0.0, n=1000)
    with pytest.raises(ConfigurationError, match=r"train longer, and check that the labels .* are not swapped"):
        calibrate(-logits, labels)


def test_a_network_that_says_the_same_of_every_image_is_refused_too():
    _, labels = drawn(1.0, 0.0, n=1000)
    with pytest.raises(ConfigurationError, match="do not rise"):
        calibrate(np.zeros(1000, np.float32), labels)


def test_with_owners_one_of_many_images_does_not_rule():
    """The one owner's logits are shifted by 3; of the images they own most, of the owners they are one of many."""
    logits, labels = drawn(1.0, 0.0)
    many = np.arange(len(logits)) % 2 == 0
    shifted = logits + 3 * many
    owners = np.where(many, "one", (np.arange(len(logits)) % 1000).astype(str))
    assert calibrate(shifted, labels).bias < -0.8
    assert calibrate(shifted, labels, owners).bias == pytest.approx(0, abs=0.3)


def test_classes_weigh_the_same_and_an_owner_as_the_root_of_their_images():
    labels = np.array([0, 0, 0, 0, 0, 1], np.uint8)
    weights = balanced(labels, np.array(["a", "a", "a", "a", "b", "c"]))
    assert weights[labels == 0].sum() == pytest.approx(weights[5]) == pytest.approx(3)
    assert weights[:4].sum() == pytest.approx(2 * weights[4])


def test_each_tier_gets_the_temperature_of_its_sizes():
    (sharp, sharp_labels), (dull, dull_labels) = drawn(1.0, 0.0), drawn(3.0, 0.5)
    logits, labels = np.r_[sharp, dull], np.r_[sharp_labels, dull_labels]
    sides = np.r_[np.full(len(sharp), 800), np.full(len(dull), 200)]
    small, large = calibrate_by_tier(logits, labels, sides, [200])
    assert (small.max_short_side, large.max_short_side) == (200, None)
    assert small.calibration.temperature == pytest.approx(3, rel=0.1)
    assert large.calibration.temperature == pytest.approx(1, rel=0.1)


def test_a_tier_of_few_images_shares_the_calibration_of_all():
    logits, labels = drawn(2.0, 0.0)
    sides = np.where(np.arange(len(logits)) < LEAST, 100, 500)
    few, _ = calibrate_by_tier(logits, labels, sides, [100])
    assert few.calibration == calibrate(logits, labels)
