"""The steps of a client, answered by hand: no server, and no pause is really made."""

import email.utils
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from jinwi.calls import jobs as job_calls
from jinwi.errors import ApiError, Refused, Timeout, Unavailable
from jinwi.transport import flow
from jinwi.transport.flow import Pause, Send
from tests.unit.jinwi.conftest import job_document

REQUEST = httpx.Request("GET", "http://jinwi.test/v1/jobs/1")

REVIEW = job_calls.review_job("1", "ai", "six fingers", "editor")


def answer(status: int, document: Any = None, **headers: str) -> httpx.Response:
    headers = {name.replace("_", "-"): value for name, value in headers.items()}
    return httpx.Response(status, json=document, headers=headers, request=REQUEST)


def result_of(steps: flow.Flow[Any], response: httpx.Response) -> Any:
    with pytest.raises(StopIteration) as end:
        steps.send(response)
    return end.value.value


def test_a_busy_server_is_left_alone_for_the_seconds_it_asks():
    steps = flow.request(job_calls.get_job("1"), patience=60)
    next(steps)
    assert steps.send(answer(429, Retry_After="7")) == Pause(seconds=7)
    assert isinstance(steps.send(None), Send)
    assert result_of(steps, answer(200, job_document("1"))).id == "1"


def test_a_busy_server_may_name_a_date():
    later = datetime.now(UTC) + timedelta(seconds=20)
    steps = flow.request(job_calls.get_job("1"), patience=60)
    next(steps)
    pause = steps.send(answer(503, Retry_After=email.utils.format_datetime(later, usegmt=True)))
    assert 15 < pause.seconds <= 20


def test_a_date_that_has_passed_asks_for_no_wait():
    assert flow.retry_after(answer(503, Retry_After="Sat, 21 Nov 2020 09:00:00 GMT")) == 0


@pytest.mark.parametrize("value", ["soon", "-1", "Sat, 99 Nov 2020 09:00:00 GMT", ""])
def test_a_retry_after_that_says_nothing_asks_for_no_wait(value):
    assert flow.retry_after(answer(503, Retry_After=value)) == 0


def test_a_wait_beyond_the_callers_patience_is_not_begun():
    steps = flow.request(job_calls.get_job("1"), patience=5)
    next(steps)
    with pytest.raises(Unavailable) as caught:
        steps.send(answer(429, {"title": "Too many requests", "detail": "100 a minute"}, Retry_After="30"))
    assert caught.value.problem == {"title": "Too many requests", "detail": "100 a minute"}


def test_pauses_grow_and_stay_bounded():
    for attempt in range(40):
        assert 0.125 * 2 ** min(attempt, 5) <= flow.backoff(attempt) <= 8


@pytest.mark.parametrize("lost", [httpx.ReadTimeout, httpx.ReadError, httpx.RemoteProtocolError, httpx.WriteError])
def test_a_repeatable_call_is_sent_again_when_its_answer_was_lost(lost):
    steps = flow.request(job_calls.get_job("1"), patience=60)
    first = next(steps)
    assert isinstance(steps.throw(lost("gone", request=REQUEST)), Pause)
    assert steps.send(None).call == first.call


def test_a_review_is_not_sent_again_when_its_answer_was_lost():
    steps = flow.request(REVIEW, patience=60)
    next(steps)
    with pytest.raises(Unavailable):
        steps.throw(httpx.ReadTimeout("silence", request=REQUEST))


def test_a_review_is_not_sent_again_after_a_proxys_timeout():
    steps = flow.request(REVIEW, patience=60)
    next(steps)
    with pytest.raises(ApiError):
        steps.send(answer(504))


def test_a_review_that_never_left_is_sent_again():
    steps = flow.request(REVIEW, patience=60)
    next(steps)
    assert isinstance(steps.throw(httpx.ConnectError("refused", request=REQUEST)), Pause)


def test_a_request_that_cannot_be_made_is_not_tried_again():
    steps = flow.request(job_calls.get_job("1"), patience=60)
    next(steps)
    with pytest.raises(Unavailable):
        steps.throw(httpx.LocalProtocolError("illegal header", request=REQUEST))


def test_one_try_takes_no_longer_than_the_patience():
    assert next(flow.request(job_calls.get_job("1"), patience=5)).timeout <= 5
    assert next(flow.request(job_calls.get_job("1"), patience=500)).timeout == flow.TRY_SECONDS


def test_a_client_error_is_refused_with_its_problem():
    steps = flow.request(job_calls.get_job("1"), patience=60)
    next(steps)
    with pytest.raises(Refused) as caught:
        steps.send(answer(415, {"title": "Unsupported", "detail": "A PDF.", "status": 415}))
    assert caught.value.status == 415
    assert caught.value.problem["detail"] == "A PDF."
    assert str(caught.value) == "415 Unsupported: A PDF."


def test_an_error_without_a_problem_document_gets_one():
    steps = flow.request(job_calls.get_job("1"), patience=60)
    next(steps)
    with pytest.raises(ApiError) as caught:
        steps.send(httpx.Response(500, text="<html>oops</html>", request=REQUEST))
    assert not isinstance(caught.value, Refused)
    assert caught.value.problem == {"title": "Internal Server Error", "status": 500}


@pytest.mark.parametrize("document", [None, [], {"id": "1"}, job_document("1", state="melted"), "done"])
def test_an_answer_that_is_no_job_is_an_api_error(document):
    steps = flow.request(job_calls.get_job("1"), patience=60)
    next(steps)
    with pytest.raises(ApiError, match="not understood"):
        steps.send(answer(200, document))


def test_waiting_asks_the_server_to_hold_the_answer():
    step = next(flow.wait("1", timeout=None, patience=60))
    assert step.call.headers == {"Prefer": f"wait={flow.LONGEST_WAIT}"}
    assert step.timeout > flow.LONGEST_WAIT


def test_waiting_asks_for_no_more_than_the_time_allowed():
    step = next(flow.wait("1", timeout=5.5, patience=60))
    assert step.call.headers == {"Prefer": "wait=5"}
    assert 5 < step.timeout <= 5.5 + flow.GRACE


def test_a_server_that_does_not_hold_is_not_asked_without_pause():
    steps = flow.wait("1", timeout=None, patience=60)
    next(steps)
    assert steps.send(answer(200, job_document("1", state="queued"))) == Pause(seconds=flow.POLL_SECONDS)


def test_a_server_that_held_is_asked_again_at_once(monkeypatch):
    clock = iter(range(0, 1000, 10))
    monkeypatch.setattr(flow.time, "monotonic", lambda: next(clock))
    steps = flow.wait("1", timeout=None, patience=600)
    next(steps)
    assert isinstance(steps.send(answer(200, job_document("1", state="running"))), Send)


def test_the_end_of_the_time_allowed_gives_back_the_job():
    steps = flow.wait("1", timeout=0, patience=60)
    assert next(steps).call.headers == {}
    with pytest.raises(Timeout) as caught:
        steps.send(answer(200, job_document("1", state="running")))
    assert caught.value.job.id == "1"


@pytest.mark.parametrize("state", ["done", "failed", "dead", "erased"])
def test_waiting_ends_with_every_final_state(state):
    steps = flow.wait("1", timeout=None, patience=60)
    next(steps)
    assert result_of(steps, answer(200, job_document("1", state=state))).state == state


def test_each_submission_has_a_key_of_its_own_and_keeps_it_when_sent_again():
    first, second = (flow.submit(b"image", {}, 60) for _ in range(2))
    sent = next(first)
    first.throw(httpx.ReadError("gone", request=REQUEST))
    again = first.send(None)
    assert sent.call.headers["Idempotency-Key"] == again.call.headers["Idempotency-Key"]
    assert sent.call.headers["Idempotency-Key"] != next(second).call.headers["Idempotency-Key"]


def test_the_file_of_a_submission_is_closed_when_it_is_given_up(tmp_path):
    path = tmp_path / "image"
    path.write_bytes(b"image")
    steps = flow.submit(path, {}, 60)
    file = next(steps).call.image
    steps.close()
    assert file.closed
