import math
from datetime import UTC, datetime

import pytest
from pydantic import ValidationError

from services.api.errors import Problem
from services.api.schemas import (
    FormSubmission,
    JobQuery,
    KeyRequest,
    LaneRequest,
    LinkSubmission,
    PolicyRequest,
    Request,
    ReviewRequest,
    Submission,
    read,
    require_once,
)
from shared.domain.job import Lane

NESTED_15 = eval("[" * 15 + "]" * 15)


def complaints(request: type[Request], **values) -> dict[str, str]:
    """What the problem says of each field that it names."""
    with pytest.raises(Problem) as caught:
        read(request, values)
    assert caught.value.status_code == 422
    return {error["field"]: error["message"] for error in caught.value.document["errors"]}


def refused(request: type[Request], **values) -> set[str]:
    """The fields that the problem names."""
    return set(complaints(request, **values))


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
    assert refused(FormSubmission, metadata=metadata) == {"metadata"}
    assert refused(Submission, metadata=metadata) == {"metadata"}


def test_a_form_says_its_fields_as_text():
    said = read(FormSubmission, {"metadata": '{"a": 1}', "lane": "bulk", "allow_training": "true"})
    assert (said.metadata, said.lane, said.allow_training) == ({"a": 1}, Lane.BULK, True)
    assert read(FormSubmission, {"allow_training": "false"}).allow_training is False


@pytest.mark.parametrize("consent", ["yes", "1", "True", "on", '"true"', "null"])
def test_a_form_consents_with_true_and_with_nothing_else(consent):
    assert complaints(FormSubmission, allow_training=consent) == {"allow_training": "must be true or false"}


@pytest.mark.parametrize("text", ["yes", "true", "false", 1, 0, None])
def test_in_json_a_boolean_is_one(text):
    link = "https://example.com/a.png"
    assert refused(LinkSubmission, url=link, allow_training=text) == {"allow_training"}
    assert refused(PolicyRequest, allow_training=text) == {"allow_training"}
    assert refused(LaneRequest, paused=text) == {"paused"}


def test_in_json_metadata_is_an_object_and_a_threshold_a_number():
    assert refused(LinkSubmission, url="https://example.com/a.png", metadata="{}") == {"metadata"}
    assert refused(PolicyRequest, thresholds={"likely_ai": "0.9"}) == {"thresholds.likely_ai"}
    assert read(PolicyRequest, {"thresholds": {"likely_ai": 1}}).thresholds.likely_ai == 1


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
        {"created_before": "1969"},
        {"external_id": "\0"},
        {"page": 2},
    ],
)
def test_a_list_is_asked_for_only_with_what_it_knows(values):
    assert refused(JobQuery, **values) == set(values)


@pytest.mark.parametrize(
    "time", ["2026", "1700000000", "-5", "1e9", "2026-11-21", "2026-11-21T00:00:00", "20261121", "yesterday", ""]
)
def test_a_time_is_written_out_and_has_a_zone(time):
    said = "is not an ISO 8601 time with a zone, as in 2026-11-21T00:00:00Z"
    assert complaints(JobQuery, created_after=time, created_before=time) == {
        "created_after": said,
        "created_before": said,
    }


@pytest.mark.parametrize(
    "time", ["2026-11-21T00:00:00Z", "2026-11-21T09:00:00+09:00", "2026-11-21 00:00:00.000Z", "20261121T000000Z"]
)
def test_a_time_with_a_zone_is_that_instant(time):
    assert read(JobQuery, {"created_after": time}).created_after == datetime(2026, 11, 21, tzinfo=UTC)


@pytest.mark.parametrize(
    ("request_", "values", "message"),
    [
        (JobQuery, {"cursor": "x" * 21}, "is not a cursor of an earlier answer"),
        (JobQuery, {"cursor": "x" * 22 + "\n"}, "is not a cursor of an earlier answer"),
        (JobQuery, {"limit": "many"}, "must be a whole number"),
        (JobQuery, {"limit": "9" * 5000}, "has too many digits"),
        (JobQuery, {"limit": "1.5"}, "must be a whole number"),
        (JobQuery, {"limit": "0"}, "must be 1 or more"),
        (JobQuery, {"limit": "201"}, "must be 200 or less"),
        (JobQuery, {"state": "lost"}, "must be 'queued', 'running', 'done', 'failed', 'dead' or 'erased'"),
        (JobQuery, {"page": "2"}, "is not known here: remove it"),
        (Submission, {"external_id": 17}, "must be text"),
        (Submission, {"external_id": ""}, "is too short: it needs 1 or more characters"),
        (Submission, {"external_id": "x" * 201}, "is too long: it may have 200 characters"),
        (Submission, {"external_id": "\ud800"}, "holds half of a surrogate pair: remove it"),
        (Submission, {"external_id": "a\n"}, "holds a control character: remove it"),
        (Submission, {"metadata": 1}, "must be a JSON object"),
        (KeyRequest, {"name": "k", "scopes": []}, "is too short: it needs 1 or more members"),
        (KeyRequest, {"name": "k", "scopes": "read"}, "must be a JSON array"),
        (KeyRequest, {"name": "k"}, "is missing"),
        (KeyRequest, {"name": "k", "scopes": ["read"], "tenant_id": "me"}, "is not a UUID"),
        (KeyRequest, {"name": "k", "scopes": ["read"], "tenant_id": 7}, "is not a UUID"),
        (PolicyRequest, {"evidence": "all"}, "must be 'basic', 'likely_ai' or 'full'"),
        (PolicyRequest, {"model": "champion"}, "is not a version, as in 1.2.0"),
        (PolicyRequest, {"retention_days": "9"}, "must be a whole number"),
        (PolicyRequest, {"retention_days": 1.5}, "must be a whole number"),
        (PolicyRequest, {"thresholds": 1}, "must be a JSON object"),
        (PolicyRequest, {"thresholds": {"likely_ai": "1"}}, "must be a number"),
    ],
)
def test_a_refusal_says_what_is_expected_in_plain_words(request_, values, message):
    assert list(complaints(request_, **values).values()) == [message]


def test_what_is_given_twice_is_refused_by_name():
    require_once(["limit", "state"])
    with pytest.raises(Problem) as caught:
        require_once(["limit", "state", "limit"])
    assert caught.value.document["errors"] == [{"field": "limit", "message": "is given twice"}]


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
        {"domain_cap": 1.1},
        {"domain_cap": -0.01},
        {"domain_cap": True},
        {"domain_cap": "10 %"},
    ],
)
def test_a_policy_out_of_its_bounds_is_refused(values):
    assert refused(PolicyRequest, **values) == set(values)


@pytest.mark.parametrize("threshold", [-0.1, 1.1, math.nan, math.inf])
def test_a_threshold_is_a_probability(threshold):
    with pytest.raises(ValidationError):
        PolicyRequest(thresholds={"likely_ai": threshold})
