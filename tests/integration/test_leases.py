"""Who holds a job, until when, and what its end changes: fences, leases, caps."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from shared.domain.job import CRASH_CAP, Lane, Outcome, Stage, State
from shared.errors import IllegalTransition
from shared.storage import counts, leases
from tests.integration.factories import NOW, claim, done, finish, get, submit_image, submit_link

EXPIRED = timedelta(seconds=-1)


def take_back(database):
    with database.transaction() as connection:
        return leases.take_back_expired(connection, lease=EXPIRED, limit=100)


def test_an_attempt_can_not_end_in_a_state_that_is_no_end(database, tenant):
    submit_link(database, tenant)
    [held] = claim(database, Stage.FETCH)
    with pytest.raises(IllegalTransition):
        finish(database, Outcome(job_id=held.id, fence=held.fence, state=State.RUNNING))


def test_a_claimed_job_is_not_claimed_again(database, tenant):
    submit_link(database, tenant)
    assert len(claim(database, Stage.FETCH)) == 1
    assert claim(database, Stage.FETCH) == []


def test_two_workers_at_once_never_hold_the_same_job(database, tenant):
    ids = {submit_link(database, tenant) for _ in range(40)}
    with ThreadPoolExecutor(8) as pool:
        batches = list(pool.map(lambda _: claim(database, Stage.FETCH, limit=5), range(16)))
    held = [one.id for batch in batches for one in batch]
    assert len(held) == len(set(held))
    assert set(held) == ids


def test_interactive_jobs_are_claimed_before_older_bulk_ones(database, tenant):
    bulk = submit_link(database, tenant, lane=Lane.BULK)
    quick = submit_link(database, tenant, lane=Lane.INTERACTIVE)
    assert [one.id for one in claim(database, Stage.FETCH, limit=1)] == [quick]
    assert [one.id for one in claim(database, Stage.FETCH, limit=1)] == [bulk]


def test_a_paused_lane_is_not_claimed_even_by_name(database, tenant):
    job_id = submit_link(database, tenant, lane=Lane.BULK)
    with database.transaction() as connection:
        counts.pause(connection, Lane.BULK, paused=True)
    assert claim(database, Stage.FETCH, named=[job_id]) == []
    with database.transaction() as connection:
        counts.pause(connection, Lane.BULK, paused=False)
    assert len(claim(database, Stage.FETCH, named=[job_id])) == 1


def test_only_a_claim_raises_the_attempt(database, store, tenant):
    job_id = submit_link(database, tenant)
    [held] = claim(database, Stage.FETCH)
    with database.transaction() as connection:
        leases.release(connection, [held], wait=NOW)
    assert get(database, tenant, job_id).attempt == 1
    [again] = claim(database, Stage.FETCH)
    assert again.fence == 2
    assert again.failures == 0


def test_a_stale_worker_changes_nothing(database, store, tenant):
    job_id = submit_image(database, store, tenant)
    [stale] = claim(database, lease=EXPIRED)
    assert take_back(database)[0] == 1
    [fresh] = claim(database)
    assert finish(database, done(stale)) == []
    assert get(database, tenant, job_id).state is State.RUNNING
    [job] = finish(database, done(fresh))
    assert job.state is State.DONE
    assert finish(database, done(fresh)) == []


def test_a_job_that_outlived_its_lease_is_claimed_alone(database, tenant):
    for _ in range(3):
        submit_link(database, tenant)
    assert len(claim(database, Stage.FETCH, lease=EXPIRED)) == 3
    take_back(database)
    submit_link(database, tenant)
    assert [len(claim(database, Stage.FETCH)) for _ in range(4)] == [1, 1, 1, 1]


def test_a_claim_without_suspects_leaves_them_even_where_it_names_them(database, tenant):
    suspect = submit_link(database, tenant)
    claim(database, Stage.FETCH, lease=EXPIRED)
    take_back(database)
    other = submit_link(database, tenant)
    claims = claim(database, Stage.FETCH, named=[suspect], suspects=False)
    assert [one.id for one in claims] == [other]
    assert claim(database, Stage.FETCH, suspects=False) == []
    assert [one.id for one in claim(database, Stage.FETCH)] == [suspect]


def test_only_crashes_alone_count_and_the_last_one_buries_the_job(database, tenant):
    poison, neighbour = submit_link(database, tenant), submit_link(database, tenant)
    claim(database, Stage.FETCH, lease=EXPIRED)
    take_back(database)
    for _ in range(CRASH_CAP - 1):
        claim(database, Stage.FETCH, lease=EXPIRED, named=[poison], limit=1)
        assert take_back(database) == (1, [])
    claim(database, Stage.FETCH, lease=EXPIRED, named=[poison], limit=1)
    queued, [buried] = take_back(database)
    assert queued == 0
    assert (buried.id, buried.state, buried.error["reason"]) == (poison, State.DEAD, "crashed")
    assert get(database, tenant, neighbour).state is State.QUEUED


def test_a_lease_that_began_before_the_server_started_counts_no_crash(database, tenant):
    submit_link(database, tenant)
    for _ in range(CRASH_CAP + 1):
        claim(database, Stage.FETCH, lease=EXPIRED)
        with database.transaction() as connection:
            # A lease of ten years that ran out now began before the server did.
            assert leases.take_back_expired(connection, lease=timedelta(days=3650), limit=10) == (1, [])


def test_retries_are_counted_and_due_later(database, tenant):
    submit_link(database, tenant)
    [held] = claim(database, Stage.FETCH)
    with database.transaction() as connection:
        leases.retry(connection, held, wait=timedelta(hours=1))
    assert claim(database, Stage.FETCH) == []
    with database.transaction() as connection:
        connection.execute("UPDATE jobs SET next_attempt_at = now()")
    [again] = claim(database, Stage.FETCH)
    assert again.failures == 1
