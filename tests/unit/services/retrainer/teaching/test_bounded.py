import numpy as np
import pytest

from services.retrainer.teaching.bounded import ACCUSED, likely_ai

HUMAN = np.linspace(0, 1, 10_001)
"""Of pictures made by people: what a version gave them."""


def test_the_share_that_the_champion_accuses_is_the_share_that_the_candidate_may():
    begins = likely_ai(HUMAN, accused=0.03)
    assert (begins <= HUMAN).mean() == pytest.approx(0.03, abs=1e-3)


def test_a_champion_that_accuses_many_is_not_followed():
    begins = likely_ai(HUMAN, accused=0.4)
    assert (begins <= HUMAN).mean() == pytest.approx(ACCUSED, abs=1e-3)


def test_likely_is_never_said_below_odds_of_four_to_one():
    assert likely_ai(HUMAN / 2, accused=0.04) == 0.8


def test_a_champion_that_accuses_nobody_leaves_a_threshold_that_can_be_reached():
    assert likely_ai(HUMAN, accused=0.0) == 0.999
