import pytest

from shared.domain.verdict import Reason, Thresholds, Verdict, choose_thresholds, decide


@pytest.mark.parametrize(
    ("score", "verdict"),
    [
        (0.0, Verdict.LIKELY_HUMAN),
        (0.20, Verdict.LIKELY_HUMAN),
        (0.2001, Verdict.UNCERTAIN),
        (0.5, Verdict.UNCERTAIN),
        (0.7999, Verdict.UNCERTAIN),
        (0.80, Verdict.LIKELY_AI),
        (1.0, Verdict.LIKELY_AI),
    ],
)
def test_the_thresholds_belong_to_the_verdicts_they_open(score, verdict):
    assert decide(score, Thresholds()) is verdict


def test_any_reason_holds_the_verdict_at_uncertain():
    assert decide(0.99, Thresholds(), [Reason(code="out_of_range", detail="…")]) is Verdict.UNCERTAIN


@pytest.mark.parametrize("score", [-0.01, 1.01, float("nan")])
def test_a_score_outside_zero_and_one_is_no_score(score):
    with pytest.raises(ValueError, match=r"\[0, 1\]"):
        decide(score, Thresholds())


@pytest.mark.parametrize(("low", "high"), [(0.8, 0.2), (0.5, 0.5), (-0.1, 0.8), (0.2, 1.1)])
def test_thresholds_out_of_order_are_refused(low, high):
    with pytest.raises(ValueError, match="likely_human < likely_ai"):
        Thresholds(likely_human=low, likely_ai=high)


def test_the_policy_goes_before_the_card_and_the_card_before_the_default():
    card = Thresholds(likely_human=0.1, likely_ai=0.9)
    policy = {"thresholds": {"likely_human": 0.05, "likely_ai": 0.95}}
    assert choose_thresholds(policy, card).likely_ai == 0.95
    assert choose_thresholds({"thresholds": None}, card) == card
    assert choose_thresholds({}, None) == Thresholds(likely_human=0.2, likely_ai=0.8)
