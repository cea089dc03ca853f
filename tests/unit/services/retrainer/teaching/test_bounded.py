import numpy as np
import pytest

from services.retrainer.teaching.bounded import ACCUSED, likely_ai

HUMAN = np.linspace(0, 1, 10_001)
"""Of pictures made by people: what a version gave them."""


def test_the_share_that_the_champion_accuses_is_the_share_that_the_candidate_may():
    begins = likely_ai(HUMAN, accused=0.03, pictures=10_001)
    assert (begins <= HUMAN).mean() == pytest.approx(0.03, abs=1e-3)


def test_a_champion_that_accuses_many_is_not_followed():
    begins = likely_ai(HUMAN, accused=0.4, pictures=10_001)
    assert (begins <= HUMAN).mean() == pytest.approx(ACCUSED, abs=1e-3)


def test_likely_is_never_said_below_odds_of_four_to_one():
    assert likely_ai(HUMAN / 2, accused=0.04, pictures=10_001) == 0.8


def test_a_champion_that_accuses_nobody_leaves_a_threshold_that_can_be_reached():
    assert likely_ai(HUMAN, accused=0.0, pictures=10_001) == 0.999


@pytest.mark.parametrize("views", [1, 2])
def test_a_single_mislabelled_picture_does_not_say_where_likely_begins(views):
    """All but one lie at 0.9 or below, and the champion accuses nobody."""
    human = np.append(np.linspace(0, 0.9, 500), np.full(views, 0.998))
    assert likely_ai(human, accused=0.0, pictures=501) < 0.9


def test_however_few_pictures_there_are_no_more_than_the_greatest_share_lies_above():
    human = np.linspace(0, 0.99, 30)
    assert likely_ai(human, accused=0.0, pictures=30) == likely_ai(human, accused=ACCUSED, pictures=30)
