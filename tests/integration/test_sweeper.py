"""The sweeper, the housekeeper, and what only one of them may do at a time."""

import io
from datetime import timedelta
from uuid import UUID

import pytest

from services.worker import housekeeping
from services.worker.sweeper import Sweeper
from shared.domain.appeal import AppealState
from shared.domain.job import Lane, Stage, State
from shared.errors import Outage
from shared.queue.enqueue import LIST_ROOM, Publisher
from shared.storage import appeals, counts, images, jobs, links
from shared.storage.lock import SWEEPER, only_one
from tests.integration.factories import (
    change_policy,
    claim,
    done,
    finish,
    finish_one,
    get,
    picture,
    submit_image,
    submit_link,
)


@pytest.fixture
def sweeper(database, store, doorbell, settings):
    return Sweeper(database, store, doorbell, settings)


def test_a_round_takes_back_publishes_collects_and_folds(database, store, tenant, sweeper, doorbell):
    held, erased = submit_image(database, store, tenant), submit_image(database, store, tenant, picture((1, 2, 3)))
    claim(database, lease=timedelta(seconds=-1), named=[held], limit=1)
    with database.transaction() as connection:
        jobs.erase(connection, tenant, erased)
    sweeper.round()
    assert get(database, tenant, held).state is State.QUEUED
    assert doorbell.room(Stage.SCORE, Lane.INTERACTIVE) == LIST_ROOM - 1
    with database.transaction() as connection:
        assert connection.execute("SELECT count(*) FROM objects").fetchone()["count"] == 1
        assert connection.execute("SELECT count(*) FROM job_count_changes").fetchone()["count"] == 0


def test_a_long_backlog_does_not_make_a_long_list(database, tenant, sweeper, doorbell):
    with database.transaction() as connection:
        connection.execute(
            "INSERT INTO jobs (tenant_id, stage, lane, url) SELECT %s, 'fetch', 'bulk', 'x' FROM generate_series(1, 20000)",
            (tenant,),
        )
    for _ in range(20):
        sweeper.publish()
    assert doorbell.room(Stage.FETCH, Lane.BULK) > -10


def test_an_outage_in_one_step_leaves_the_others_their_turn(database, store, tenant, sweeper, monkeypatch):
    def away(*_):
        raise Outage("redis", "away")

    monkeypatch.setattr(sweeper._doorbell, "room", away)
    job_id = submit_image(database, store, tenant)
    with database.transaction() as connection:
        jobs.erase(connection, tenant, job_id)
    sweeper.round()
    with database.transaction() as connection:
        assert connection.execute("SELECT count(*) FROM objects").fetchone()["count"] == 0


def test_a_job_buried_by_the_sweeper_has_its_webhook(database, tenant, sweeper):
    job_id = submit_link(database, tenant, callback_url="https://example.com/hook")
    # The first lease makes it suspect, the three after it count.
    for _ in range(4):
        claim(database, Stage.FETCH, lease=timedelta(seconds=-100))
        with database.transaction() as connection:
            # A lease of no length began after the server did.
            connection.execute("UPDATE jobs SET lease_until = now() - interval '1 ms'")
        sweeper._settings = sweeper._settings.model_copy(update={"lease_seconds": 0.001})
        sweeper.take_back()
    assert get(database, tenant, job_id).state is State.DEAD
    with database.transaction() as connection:
        assert connection.execute("SELECT event FROM deliveries").fetchone()["event"] == "job.dead"


def test_only_one_holds_a_lock_and_the_next_follows(settings):
    with only_one(settings, SWEEPER) as held:
        assert held is not None
        assert held()
        with only_one(settings, SWEEPER) as second:
            assert second is None
    with only_one(settings, SWEEPER) as third:
        assert third is not None


def test_housekeeping_erases_what_is_older_than_the_policy_keeps(database, store, tenant, settings):
    change_policy(database, tenant, retention_days=1)
    old, fresh = submit_image(database, store, tenant), submit_image(database, store, tenant)
    finish(database, *[done(one) for one in claim(database)])
    with database.transaction() as connection:
        # An id of two days ago, in a partition that may have to be made for it.
        connection.execute(
            "CREATE TABLE jobs_before PARTITION OF jobs FOR VALUES FROM (uuidv7_floor('2000-01-01'))"
            " TO (uuidv7_floor(date_trunc('month', now() AT TIME ZONE 'UTC') AT TIME ZONE 'UTC'))"
        )
        moved = connection.execute(
            "UPDATE jobs SET id = uuidv7(interval '-2 days') WHERE id = %s RETURNING id", (old,)
        ).fetchone()["id"]
    housekeeping.maintain(database, store, settings)
    assert get(database, tenant, moved).state is State.ERASED
    assert get(database, tenant, fresh).state is State.DONE


@pytest.fixture
def appealed(database, store, tenant):
    """A job past its retention with an open appeal: its id, and the appeal's."""
    job_id = finish_one(database, store, tenant)
    change_policy(database, tenant, retention_days=30)
    with database.transaction() as connection:
        connection.execute("UPDATE policies SET document = document || '{\"retention_days\": 0}' WHERE version = 2")
        jobs.lock(connection, tenant, job_id)
        _, token = links.create(connection, tenant, job_id, expires_at=None, at_most=1)
        opened = links.open_link(connection, token)
        appeal = appeals.make(connection, store, opened, message="Mine.", contact=None, files=[], at_most=1)
    return job_id, appeal["id"]


def held(database):
    with database.transaction() as connection:
        return counts.held_by_appeals(connection)


def test_housekeeping_keeps_a_job_until_its_appeal_is_decided(database, store, tenant, settings, appealed):
    job_id, appeal_id = appealed
    housekeeping.maintain(database, store, settings)
    assert (get(database, tenant, job_id).state, held(database)) == (State.DONE, 1)
    with database.transaction() as connection:
        row = appeals.lock(connection, tenant, appeal_id)
        said = {"label": "human", "reason": "r", "reviewer": "Kim", "checklist": {}}
        appeals.decide(connection, tenant, row, AppealState.OVERTURNED, **said)
    assert held(database) == 0
    housekeeping.maintain(database, store, settings)
    assert get(database, tenant, job_id).state is State.ERASED


def test_an_appeal_that_is_made_after_housekeeping_looked_keeps_its_job(
    database, store, tenant, settings, appealed, monkeypatch
):
    looks = iter([[(tenant, appealed[0])], []])
    monkeypatch.setattr(jobs, "past_retention", lambda *_, **__: next(looks))
    housekeeping.maintain(database, store, settings)
    assert get(database, tenant, appealed[0]).state is State.DONE


def test_erasure_by_hand_waits_for_no_appeal(database, tenant, appealed):
    with database.transaction() as connection:
        jobs.erase(connection, tenant, appealed[0])
    assert (get(database, tenant, appealed[0]).state, held(database)) == (State.ERASED, 0)


def test_bytes_that_no_row_knows_are_adopted_and_collected_once_they_are_old(
    database, store, tenant, settings, monkeypatch
):
    store.put_image(tenant, b"\x07" * 32, io.BytesIO(b"left behind"), 11)
    housekeeping.maintain(database, store, settings)
    assert store.has_image(tenant, b"\x07" * 32)
    store._client.put_object(settings.s3_images_bucket, f"{tenant}/abcd", io.BytesIO(b"not ours"), 8)
    monkeypatch.setattr(housekeeping, "ORPHAN_AGE", timedelta(seconds=-60))
    housekeeping.maintain(database, store, settings)
    assert images.collect(database, store, limit=10) == 1
    assert not store.has_image(tenant, b"\x07" * 32)


def test_a_publisher_rings_once_for_many_offers_and_stops_with_them_published(settings, doorbell):
    publisher = Publisher(settings)
    for number in range(200):
        publisher.offer(Stage.SCORE, Lane.BULK, UUID(int=number))
    publisher.start()
    publisher.stop()
    assert LIST_ROOM - 5 <= doorbell.room(Stage.SCORE, Lane.BULK) < LIST_ROOM


def test_a_publisher_without_redis_neither_blocks_nor_dies(settings):
    publisher = Publisher(settings.model_copy(update={"redis_url": "redis://127.0.0.1:9/0"}), capacity=4)
    publisher.start()
    for number in range(100):
        publisher.offer(Stage.SCORE, Lane.BULK, UUID(int=number))
    publisher.stop()
    with pytest.raises(Outage, match="redis"):
        publisher.check()
