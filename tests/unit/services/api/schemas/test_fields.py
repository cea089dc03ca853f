from datetime import UTC, datetime

import pytest

from services.api.schemas.base import read
from services.api.schemas.jobs import JobQuery, LinkSubmission, Submission
from services.api.schemas.keys import KeyRequest
from services.api.schemas.lanes import LaneRequest
from services.api.schemas.policy import PolicyRequest
from tests.unit.services.api.schemas.complaints import complaints, refused


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
