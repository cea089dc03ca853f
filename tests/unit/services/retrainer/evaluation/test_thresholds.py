import numpy as np
import pytest

from services.retrainer.evaluation.thresholds import MILDEST, Limits, choose, evenly
from services.retrainer.statistics.bootstrap import resamples
from shared.errors import ConfigurationError
from tests.unit.services.retrainer.evaluation.made import calibrated, predictions


def chosen(made, limits=None):
    return choose(made, resamples(made.owners, made.labels, draws=200), limits=limits)


def test_false_alarms_stay_within_their_limits_and_a_step_lower_they_would_not():
    made = calibrated(spread=0.6)
    choice = chosen(made)
    assert choice.false_likely_ai.value <= 0.05
    assert choice.false_likely_ai.high <= 0.07
    lower = made.probabilities[made.human] >= choice.thresholds.likely_ai - 0.02
    assert lower.mean() > 0.04
    assert choice.found_likely_ai.value == (made.probabilities[made.ai] >= choice.thresholds.likely_ai).mean()


def test_a_good_detector_does_not_say_likely_at_even_odds():
    assert chosen(calibrated(spread=6)).thresholds == MILDEST


def test_likely_human_is_the_mirror_image():
    made = calibrated(spread=0.6)
    mirrored = predictions(-made.logits, 1 - made.labels, owners=made.owners)
    ours, theirs = chosen(made).thresholds, chosen(mirrored).thresholds
    assert ours.likely_human == pytest.approx(1 - theirs.likely_ai)


def test_a_kind_that_is_accused_too_often_raises_the_threshold():
    made = calibrated(spread=1.5)
    sketches = made.human & (np.arange(len(made)) % 40 == 0)
    shifted = predictions(
        made.logits + 3 * sketches, made.labels, owners=made.owners, kinds=np.where(sketches, "sketch", "photo")
    )
    choice = chosen(shifted)
    assert (shifted.probabilities[sketches] >= choice.thresholds.likely_ai).mean() <= 0.10
    few = chosen(shifted, Limits(least=sketches.sum() + 1))
    assert few.thresholds.likely_ai < choice.thresholds.likely_ai
    assert few.unjudged == ("sketch",)


def test_owners_of_few_images_count_as_much_as_the_others():
    """Of 50 owners with 2 images, 5 are always accused; one with 900 images never is."""
    owners = np.r_[np.repeat(np.arange(50), 2), np.full(900, 99), np.arange(100, 200)].astype(str)
    logits = np.r_[np.repeat(np.arange(50) < 5, 2) * 4.0, np.full(900, -4.0), np.full(100, 2.0)]
    made = predictions(logits - 1, [0] * 1000 + [1] * 100, owners=owners)
    assert chosen(made).thresholds.likely_ai > 0.95  # above the accused, who are 1 % of the images


def test_a_detector_that_is_sure_of_human_images_cannot_be_shipped():
    made = predictions(np.full(40, 20.0), [0, 1] * 20)
    with pytest.raises(ConfigurationError, match="no threshold"):
        chosen(made)


def test_an_owners_images_weigh_one_together():
    weights = evenly(np.array(["a", "a", "b", "c"]), np.array([True, True, True, False]))
    assert weights.tolist() == [0.5, 0.5, 1.0, 0.0]
