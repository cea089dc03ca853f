"""Backpressure: bulk submissions wait outside while too many wait inside; interactive ones pass."""

import pytest

from services.api.backlog import LONGEST_SECONDS, LOOK_SECONDS, PACE_SECONDS, UNKNOWN_SECONDS
from shared.domain.job import Lane, Stage, State
from shared.storage import counts
from tests.integration.factories import claim, done, finish, picture, submit_link

BULK = {"url": "https://example.com/a.png", "lane": "bulk"}
INTERACTIVE = BULK | {"lane": "interactive"}


class Clock:
    now = 1000.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def connect(serve, settings, clock):
    made = serve(settings.model_copy(update={"bulk_backlog": 3}))
    made.app.state.parts.submissions.backlog._clock = clock
    return made


@pytest.fixture
def fill(database, tenant, clock):
    """Queues bulk jobs, and lets the API look again."""

    def queue(jobs: int) -> None:
        for _ in range(jobs):
            submit_link(database, tenant, lane=Lane.BULK)
        clock.now += LOOK_SECONDS

    return queue


def refused(answer) -> int:
    """Seconds to wait, where the backlog is full."""
    assert (answer.status_code, answer.json()["type"]) == (429, "urn:jinwi:problem:backlog-full"), answer.text
    return int(answer.headers["Retry-After"])


def end(database, jobs: int) -> None:
    for held in claim(database, Stage.FETCH, limit=jobs):
        finish(database, done(held))


def test_above_the_backlog_bulk_is_refused_and_interactive_passes(client, fill, store):
    fill(2)
    assert client.post("/v1/jobs", json=BULK).status_code == 202
    fill(0)
    refused(client.post("/v1/jobs", json=BULK))
    refused(client.upload(picture(), lane="bulk"))
    assert list(store.images()) == []
    assert client.post("/v1/jobs", json=INTERACTIVE).status_code == 202
    assert client.upload(picture()).status_code == 202


def test_a_replay_adds_nothing_and_passes(client, fill):
    again = {"Idempotency-Key": "k"}
    first = client.post("/v1/jobs", json=BULK, headers=again)
    fill(3)
    replayed = client.post("/v1/jobs", json=BULK, headers=again)
    assert (replayed.status_code, replayed.json()["id"]) == (202, first.json()["id"])


def test_when_there_is_room_again_bulk_is_accepted(client, fill, database):
    fill(3)
    refused(client.post("/v1/jobs", json=BULK))
    end(database, 1)
    fill(0)
    assert client.post("/v1/jobs", json=BULK).status_code == 202


def test_the_wait_is_what_the_pace_seen_says(client, fill, database, clock):
    """4 of 13 ended in 10 s: the 7 that must go until there are fewer than 3 take 17.5 s."""
    fill(13)
    assert refused(client.post("/v1/jobs", json=BULK)) == UNKNOWN_SECONDS
    end(database, 4)
    clock.now += 10
    assert refused(client.post("/v1/jobs", json=BULK)) == 18


def test_the_wait_is_never_below_a_second_nor_beyond_ten_minutes(client, fill, database, clock):
    fill(7)
    refused(client.post("/v1/jobs", json=BULK))
    end(database, 4)
    clock.now += LOOK_SECONDS
    assert refused(client.post("/v1/jobs", json=BULK)) == 1
    clock.now += PACE_SECONDS
    assert refused(client.post("/v1/jobs", json=BULK)) == LONGEST_SECONDS


def test_it_is_looked_at_once_a_second_and_never_for_interactive_jobs(client, monkeypatch, clock):
    looks = []
    real = counts.jobs
    monkeypatch.setattr(counts, "jobs", lambda connection: looks.append(1) or real(connection))
    for _ in range(3):
        client.post("/v1/jobs", json=INTERACTIVE)
    assert len(looks) == 0
    for _ in range(2):
        client.post("/v1/jobs", json=BULK)
    assert len(looks) == 1
    clock.now += LOOK_SECONDS
    client.post("/v1/jobs", json=BULK)
    assert len(looks) == 2


def test_without_a_limit_nothing_is_asked(serve, settings, new_key, fill, monkeypatch):
    client = serve(settings.model_copy(update={"bulk_backlog": 0}))(new_key())
    monkeypatch.setattr(counts, "jobs", None)
    assert client.post("/v1/jobs", json=BULK).status_code == 202


def test_a_full_backlog_costs_nothing_of_the_quota(client, fill, database, tenant):
    client.patch(f"/v1/tenants/{tenant}", json={"submissions_per_day": 1})
    fill(3)
    refused(client.post("/v1/jobs", json=BULK))
    assert client.post("/v1/jobs", json=INTERACTIVE).status_code == 202


def test_the_counters_that_it_goes_by_are_those_of_the_metrics(client, fill, database):
    fill(3)
    end(database, 2)
    with database.transaction() as connection:
        rows = {(row["state"], row["lane"]): row for row in counts.jobs(connection)}
    assert rows[State.QUEUED, Lane.BULK]["present"] == 1
    assert rows[State.DONE, Lane.BULK]["entered"] == 2
