from datetime import UTC, datetime
from uuid import UUID

import pytest

from shared.domain.job import FINAL, REASONS, TRANSITIONS, Job, State, error_document, require_transition
from shared.errors import IllegalTransition

ROW = {
    "id": UUID(int=1),
    "tenant_id": UUID(int=2),
    "state": "done",
    "stage": "score",
    "lane": "bulk",
    "url": None,
    "sha256": b"\x01" * 32,
    "image_format": "jpeg",
    "image_width": 32,
    "image_height": 30,
    "external_id": "post-17",
    "metadata": {"a": 1},
    "callback_url": "https://example.com/hook",
    "allow_training": False,
    "attempt": 1,
    "result": {"ai_probability": 0.51, "human_probability": 0.49},
    "error": None,
    "timings_ms": {"decode": 1.5},
    "created_at": datetime(2026, 1, 1, tzinfo=UTC),
    "finished_at": datetime(2026, 1, 1, 0, 0, 1, tzinfo=UTC),
    "opinion": None,
    "a_column_that_nobody_knows": 1,
}


def test_a_final_state_leads_nowhere_but_to_erasure():
    for state in FINAL:
        assert TRANSITIONS[state] <= {State.ERASED}


def test_a_queued_job_cannot_end_without_having_run():
    for end in (State.DONE, State.FAILED, State.DEAD):
        with pytest.raises(IllegalTransition, match=f"queued to {end}"):
            require_transition(State.QUEUED, end)


def test_an_erased_job_stays_erased():
    for state in State:
        with pytest.raises(IllegalTransition):
            require_transition(State.ERASED, state)


def test_the_document_shows_the_result_with_its_advisory():
    document = Job.from_row(ROW).document()
    assert document["result"]["advisory"] == "Supporting evidence only. A person decides."
    assert document["image"] == {"sha256": "01" * 32, "format": "jpeg", "width": 32, "height": 30}
    assert document["finished_at"] == "2026-01-01T00:00:01+00:00"


def test_the_document_tells_neither_tenant_nor_callback():
    document = Job.from_row(ROW).document()
    assert str(ROW["tenant_id"]) not in str(document)
    assert "callback" not in str(document)


def test_an_erased_job_shows_no_image():
    assert Job.from_row({**ROW, "state": "erased", "sha256": None, "result": None}).document()["image"] is None


def test_an_error_says_what_is_known_of_every_such_case_and_of_this_one():
    error = error_document("too_large", "It has 30 MB.")
    assert error == {"reason": "too_large", "detail": f"{REASONS['too_large']} It has 30 MB."}


def test_an_unknown_reason_is_a_bug():
    with pytest.raises(KeyError):
        error_document("because")
