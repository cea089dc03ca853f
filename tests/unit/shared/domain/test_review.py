import pytest

from shared.domain.review import Opinion, ReviewState, Said, document, holding, review_state, verdict_by_person


def opinion(said: str) -> Opinion:
    return Opinion(said=Said(said), human=1, ai=1, unsure=0)


@pytest.mark.parametrize(
    ("verdict", "said", "state"),
    [
        ("likely_ai", "ai", "confirmed"),
        ("likely_ai", "human", "overturned"),
        ("likely_human", "human", "confirmed"),
        ("likely_human", "ai", "overturned"),
        ("uncertain", "human", "decided"),
        ("uncertain", "ai", "decided"),
        (None, "ai", "decided"),
        ("likely_ai", "disputed", "disputed"),
        ("uncertain", "disputed", "disputed"),
        ("likely_ai", "unsure", "none"),
    ],
)
def test_an_opinion_stands_to_the_verdict_as_the_table_says(verdict, said, state):
    assert review_state(verdict, opinion(said)) == state


def test_without_a_review_the_models_verdict_holds():
    assert review_state("likely_ai", None) is ReviewState.NONE
    assert (holding("likely_ai", None), holding(None, None)) == ("likely_ai", None)
    assert verdict_by_person(None) is None


@pytest.mark.parametrize(
    ("said", "holds", "by_person"),
    [
        ("human", "human", "human"),
        ("ai", "ai", "ai"),
        ("disputed", "disputed", None),
        ("unsure", "likely_ai", None),
    ],
)
def test_peoples_verdict_holds_where_they_have_one(said, holds, by_person):
    assert holding("likely_ai", opinion(said)) == holds
    assert verdict_by_person(opinion(said)) == by_person


def test_the_document_has_all_votes_whether_there_are_any_or_not():
    assert document("likely_ai", None)["votes"] == {"human": 0, "ai": 0, "unsure": 0}
    said = Opinion.from_row({"said": "ai", "human": 1, "ai": 2, "unsure": 3, "job_id": "another column"})
    assert document("likely_human", said) == {
        "state": "overturned",
        "verdict_by_person": "ai",
        "votes": {"human": 1, "ai": 2, "unsure": 3},
    }
