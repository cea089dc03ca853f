import math

import pytest
from pydantic import ValidationError

from services.api.errors import Problem
from services.api.schemas import JobQuery, LinkSubmission, PolicyRequest, ReviewRequest, Submission, read
from shared.domain.job import Lane

NESTED_15 = eval("[" * 15 + "]" * 15)


def refused(request, **values) -> set[str]:
    """The fields that the problem names."""
    with pytest.raises(Problem) as caught:
        read(request, values)
    assert caught.value.status_code == 422
    return {error["field"] for error in caught.value.document["errors"]}


def test_what_is_not_said_has_its_default():
    said = read(Submission, {})
    assert (said.external_id, said.metadata, said.callback_url) == (None, {}, None)
    assert (said.lane, said.allow_training) == (Lane.INTERACTIVE, False)


@pytest.mark.parametrize(
    "metadata",
    [
        {"text": "한국어 \\u0000 😀", "number": 1.5, "nothing": None, "list": [1, [True]]},
        {"nested": NESTED_15},
        {"full": "x" * (4096 - len('{"full":""}'))},
        {"full": "한" * ((4096 - len('{"full":""}')) // 3)},
        {"large": 10**4000},
    ],
)
def test_metadata_that_json_and_postgres_can_hold_is_taken_as_it_is(metadata):
    assert read(Submission, {"metadata": metadata}).metadata == metadata


@pytest.mark.parametrize(
    "metadata",
    [
        {"a": "\0"},
        {"\0": 1},
        {"a": [{"b": "\ud800"}]},
        {"\udfff": 1},
        {"a": math.nan},
        {"a": [math.inf]},
        {"a": -math.inf},
        {"a": [NESTED_15]},
        {"full": "x" * 4096},
        [],
        None,
        "[1]",
        "{",
        "[" * 5000,
    ],
)
def test_metadata_that_would_break_a_reader_is_refused_by_name(metadata):
    assert refused(Submission, metadata=metadata) == {"metadata"}


def test_a_form_says_its_fields_as_text():
    said = read(Submission, {"metadata": '{"a": 1}', "lane": "bulk", "allow_training": "true"})
    assert (said.metadata, said.lane, said.allow_training) == ({"a": 1}, Lane.BULK, True)


@pytest.mark.parametrize("name", ["", "x" * 201, "a\n", "a\0b", "\x85", "\ud800", 17])
def test_an_external_id_is_one_visible_line(name):
    assert refused(Submission, external_id=name) == {"external_id"}


def test_an_external_id_may_be_in_any_script():
    assert read(Submission, {"external_id": "게시물\u300017 é"}).external_id == "게시물\u300017 é"


def test_every_wrong_field_is_named_at_once():
    assert refused(LinkSubmission, lane="fast", color="red") == {"lane", "color", "url"}


@pytest.mark.parametrize(
    "values",
    [
        {"limit": 0},
        {"limit": 201},
        {"cursor": "short"},
        {"created_after": "2026-01-01T00:00:00"},
        {"created_before": "1969-12-31T23:59:59Z"},
        {"external_id": "\0"},
        {"page": 2},
    ],
)
def test_a_list_is_asked_for_only_with_what_it_knows(values):
    assert refused(JobQuery, **values) == set(values)


def test_a_reason_may_have_lines_and_a_reviewer_is_one():
    review = {"label": "ai", "reason": "six fingers\nand a seam", "reviewer": "Kim"}
    assert read(ReviewRequest, review).reason == review["reason"]
    assert refused(ReviewRequest, **review | {"reviewer": "Kim\n", "label": "robot"}) == {"reviewer", "label"}


@pytest.mark.parametrize(
    "values",
    [
        {"retention_days": 0},
        {"retention_days": 3651},
        {"retention_days": True},
        {"model": "champion"},
        {"evidence": "all"},
        {"provenance": "trust"},
    ],
)
def test_a_policy_out_of_its_bounds_is_refused(values):
    assert refused(PolicyRequest, **values) == set(values)


@pytest.mark.parametrize("threshold", [-0.1, 1.1, math.nan, math.inf])
def test_a_threshold_is_a_probability(threshold):
    with pytest.raises(ValidationError):
        PolicyRequest(thresholds={"likely_ai": threshold})
