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


def slow_down(seconds: int) -> httpx.Response:
    return answer(429, {"title": "Too many requests"}, Retry_After=str(seconds))


@pytest.fixture
def clock(monkeypatch):
    """What the monotonic clock shows, in s; it stands still between changes."""
    clock = [0.0]
    monkeypatch.setattr(flow.time, "monotonic", lambda: clock[0])
    return clock


def paused(steps: flow.Flow[Any], response: httpx.Response, clock: list[float]) -> Send:
    """The next request, after the pause that `response` asks for."""
    pause = steps.send(response)
    assert isinstance(pause, Pause)
    clock[0] += pause.seconds
    return steps.send(None)


def test_the_longest_window_of_a_rate_limit_is_within_the_patience():
    steps = flow.submit(b"image", {}, flow.PATIENCE)
    next(steps)
    assert steps.send(slow_down(60)) == Pause(seconds=60)


@pytest.mark.parametrize("steps", [flow.verify, flow.verify_one_of_many])
def test_a_job_without_a_time_of_its_own_is_told_to_slow_down_as_often_as_it_takes(clock, steps):
    steps = steps(b"image", {}, None, 60)
    next(steps)
    for _ in range(5):
        assert paused(steps, slow_down(60), clock).call.path == "/v1/jobs"
    assert result_of(steps, answer(200, job_document("1"))).final


@pytest.mark.parametrize("status", [429, 503])
def test_a_pause_beyond_the_patience_is_not_begun_for_one_of_many_either(clock, status):
    steps = flow.verify_one_of_many(b"image", {}, 10, 60)
    next(steps)
    with pytest.raises(Unavailable):
        steps.send(answer(status, Retry_After="61"))


def test_one_of_many_has_all_of_its_time_once_the_server_has_taken_it(clock):
    steps = flow.verify_one_of_many(b"image", {}, 10, 60)
    assert next(steps).call.headers.get("Prefer") is None
    paused(steps, slow_down(20), clock)
    assert steps.send(answer(202, job_document("1", state="queued"))).call.headers == {"Prefer": "wait=10"}


def test_one_of_many_whose_server_is_away_is_unavailable_when_patience_ends_and_no_earlier(clock):
    steps = flow.verify_one_of_many(b"image", {}, 1, 60)
    next(steps)
    while clock[0] < 50:
        clock[0] += steps.throw(httpx.ConnectError("refused", request=REQUEST)).seconds
        steps.send(None)
    clock[0] = 60
    with pytest.raises(Unavailable):
        steps.throw(httpx.ConnectError("refused", request=REQUEST))


def test_a_known_job_times_out_as_it_was_last_seen_where_a_pause_would_outlast_its_time():
    steps = flow.verify(b"image", {}, 20, 60)
    next(steps)
    steps.send(answer(202, job_document("1", state="queued")))
    with pytest.raises(Timeout) as caught:
        steps.send(slow_down(30))
    assert (caught.value.job.id, caught.value.job.state) == ("1", "queued")


def test_a_known_job_times_out_where_the_server_falls_silent(clock):
    steps = flow.verify(b"image", {}, 20, 60)
    next(steps)
    steps.send(answer(202, job_document("1", state="queued")))
    clock[0] = 20 + flow.GRACE
    with pytest.raises(Timeout):
        steps.throw(httpx.ReadTimeout("silence", request=REQUEST))


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
