import pytest

from shared.domain.appeal import AppealState, LabelNeeded, decided_label, require_transition
from shared.domain.review import Label
from shared.errors import IllegalTransition

UPHELD, OVERTURNED = AppealState.UPHELD, AppealState.OVERTURNED


@pytest.mark.parametrize(
    ("outcome", "verdict", "label"),
    [
        (UPHELD, "likely_ai", "ai"),
        (OVERTURNED, "likely_ai", "human"),
        (UPHELD, "likely_human", "human"),
        (OVERTURNED, "likely_human", "ai"),
        (UPHELD, "ai", "ai"),
        (OVERTURNED, "human", "ai"),
        (UPHELD, "uncertain", "unsure"),
        (UPHELD, "disputed", "unsure"),
        (UPHELD, None, "unsure"),
    ],
)
def test_what_the_image_is_follows_from_outcome_and_verdict(outcome, verdict, label):
    assert decided_label(outcome, verdict, None) == label
    assert decided_label(outcome, verdict, Label(label)) == label


@pytest.mark.parametrize("verdict", ["uncertain", "disputed", None])
def test_a_verdict_without_a_side_is_overturned_to_the_one_that_is_said(verdict):
    assert decided_label(OVERTURNED, verdict, Label.AI) is Label.AI
    for missing in (None, Label.UNSURE):
        with pytest.raises(LabelNeeded, match="human or ai"):
            decided_label(OVERTURNED, verdict, missing)


def test_a_label_against_the_outcome_is_refused():
    with pytest.raises(LabelNeeded, match="contradicts"):
        decided_label(UPHELD, "likely_ai", Label.HUMAN)


def test_an_appeal_is_decided_once():
    require_transition(AppealState.OPEN, UPHELD)
    for before in (UPHELD, OVERTURNED):
        for after in AppealState:
            with pytest.raises(IllegalTransition):
                require_transition(before, after)
