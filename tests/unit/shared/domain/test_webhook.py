import json
from datetime import UTC, datetime, timedelta

from shared.domain.webhook import SCHEDULE, Event, body, next_wait


def test_the_waits_follow_the_schedule_and_end_with_it():
    waits = [next_wait(attempts, draw=0) for attempts in range(len(SCHEDULE) + 1)]
    assert waits[:-1] == [timedelta(seconds=seconds) for seconds in SCHEDULE]
    assert waits[-1] is None


def test_jitter_lengthens_a_wait_by_a_tenth_at_most():
    assert next_wait(2, draw=1) == timedelta(seconds=330)
    assert all(timedelta(seconds=300) <= next_wait(2) <= timedelta(seconds=330) for _ in range(100))


def test_the_body_holds_type_time_and_data():
    at = datetime(2026, 1, 1, tzinfo=UTC)
    assert json.loads(body(Event.JOB_DONE, at, {"id": "1"})) == {
        "type": "job.done",
        "timestamp": "2026-01-01T00:00:00+00:00",
        "data": {"id": "1"},
    }
