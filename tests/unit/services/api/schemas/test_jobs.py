import math

import pytest

from services.api.schemas.base import read
from services.api.schemas.jobs import FormSubmission, JobQuery, Submission
from shared.domain.job import Lane
from tests.unit.services.api.schemas.complaints import complaints, refused

NESTED_15 = eval("[" * 15 + "]" * 15)


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
