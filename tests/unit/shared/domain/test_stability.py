import pytest

from shared.domain.stability import Stability, View
from shared.domain.verdict import Thresholds


def stability(own: float, *others: float) -> Stability:
    views = [View(name=f"form-{number}", ai_probability=other) for number, other in enumerate(others)]
    return Stability(ai_probability=own, thresholds=Thresholds(likely_human=0.2, likely_ai=0.8), views=views)


@pytest.mark.parametrize(
    ("own", "others", "flips"),
    [
        (0.9, (0.85, 0.8, 1.0), 0),
        (0.9, (0.85, 0.79, 0.1), 2),
        (0.5, (0.21, 0.79), 0),
        (0.5, (0.2, 0.8, 0.5), 2),
        (0.2, (0.2001,), 1),
    ],
)
def test_a_flip_is_another_verdict_than_that_of_the_picture_as_it_was_sent(own, others, flips):
    assert stability(own, *others).flips == flips


@pytest.mark.parametrize(("own", "others"), [(0.9, (0.2, 0.5)), (0.2, (0.9, 0.5)), (0.5, (0.2, 0.9))])
def test_the_spread_counts_the_picture_itself(own, others):
    document = stability(own, *others).document()
    assert (document["low"], document["high"], document["spread"]) == (0.2, 0.9, 0.7)


def test_the_document_names_each_form_with_its_verdict():
    document = stability(0.9, 0.95, 0.5).document()
    assert (document["n"], document["flips"]) == (2, 1)
    assert document["views"] == [
        {"name": "form-0", "ai_probability": 0.95, "verdict": "likely_ai"},
        {"name": "form-1", "ai_probability": 0.5, "verdict": "uncertain"},
    ]
