"""The life of a job in Postgres: fences, leases, caps, erasure, counts (DESIGN section 3)."""

import hashlib
import itertools
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import psycopg
import pytest

from shared.domain.job import CRASH_CAP, TRANSITIONS, Lane, Outcome, Stage, State, error_document
from shared.errors import IdempotencyMismatch, IllegalTransition
from shared.storage import counts, images, jobs, leases, reviews, webhooks
from shared.storage.jobs import Idempotency
from tests.integration.factories import (
    NOW,
    add_endpoint,
    claim,
    done,
    finish,
    get,
    lease_webhooks,
    make_tenant,
    picture,
    submit_image,
    submit_link,
)

EXPIRED = timedelta(seconds=-1)


@pytest.fixture
def tenant(database):
    return make_tenant(database)


def take_back(database):
    with database.transaction() as connection:
        return leases.take_back_expired(connection, lease=EXPIRED, limit=100)


def test_the_database_and_the_domain_allow_the_same_transitions(database):
    with database.transaction() as connection:
        legal = {
            (before, after)
            for before, after in itertools.product(State, State)
            if connection.execute("SELECT is_legal_transition(%s, %s) AS ok", (before, after)).fetchone()["ok"]
        }
    assert legal == {(before, after) for before, afters in TRANSITIONS.items() for after in afters}


def test_the_database_refuses_an_illegal_transition(database, tenant):
    job_id = submit_link(database, tenant)
    with (
        pytest.raises(psycopg.errors.CheckViolation, match="cannot go from queued to done"),
        database.transaction() as c,
    ):
        c.execute("UPDATE jobs SET state = 'done', result = '{}' WHERE id = %s", (job_id,))


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


def test_a_finished_job_has_its_webhook_and_a_rolled_back_one_has_neither(database, store, tenant):
    job_id = submit_image(database, store, tenant, callback_url="https://example.com/hook")
    [held] = claim(database)
    with pytest.raises(RuntimeError), database.transaction() as connection:
        webhooks.announce(connection, leases.finish(connection, [done(held)]))
        raise RuntimeError
    assert get(database, tenant, job_id).state is State.RUNNING
    with database.transaction() as connection:
        webhooks.announce(connection, leases.finish(connection, [done(held)]))
    [delivery] = lease_webhooks(database)
    assert delivery.url == "https://example.com/hook"
    assert f'"id":"{job_id}"' in delivery.body


def test_an_idempotency_key_makes_one_job_however_often_and_however_quickly(database, store, tenant):
    same = Idempotency(key="k", fingerprint=b"f" * 32, remember=timedelta(hours=1))
    with ThreadPoolExecutor(6) as pool:
        ids = set(pool.map(lambda _: submit_image(database, store, tenant, idempotency=same), range(12)))
    assert len(ids) == 1
    with database.transaction() as connection:
        assert connection.execute("SELECT count(*) FROM jobs").fetchone()["count"] == 1
        assert connection.execute("SELECT refs FROM objects").fetchone()["refs"] == 1


def test_an_idempotency_key_with_another_request_is_refused(database, store, tenant):
    first = Idempotency(key="k", fingerprint=b"1" * 32, remember=timedelta(hours=1))
    submit_image(database, store, tenant, idempotency=first)
    with pytest.raises(IdempotencyMismatch):
        submit_image(
            database,
            store,
            tenant,
            idempotency=Idempotency(key="k", fingerprint=b"2" * 32, remember=timedelta(hours=1)),
        )


def test_an_expired_idempotency_key_makes_a_new_job(database, store, tenant):
    expired = Idempotency(key="k", fingerprint=b"1" * 32, remember=timedelta(seconds=-1))
    assert submit_image(database, store, tenant, idempotency=expired) != submit_image(
        database, store, tenant, idempotency=expired
    )


def test_erasing_a_running_job_drops_its_result(database, store, tenant):
    job_id = submit_image(database, store, tenant, external_id="post-1", callback_url="https://example.com/hook")
    [held] = claim(database)
    with database.transaction() as connection:
        erased = jobs.erase(connection, tenant, job_id)
    assert erased.state is State.ERASED
    assert finish(database, done(held)) == []
    after = get(database, tenant, job_id)
    assert (after.external_id, after.sha256, after.callback_url, after.result, after.metadata) == (None,) * 4 + ({},)


def test_erasure_clears_deliveries_reviews_and_fingerprint(database, store, tenant):
    key = Idempotency(key="k", fingerprint=b"f" * 32, remember=timedelta(hours=1))
    job_id = submit_image(database, store, tenant, callback_url="https://example.com/hook", idempotency=key)
    [held] = claim(database)
    with database.transaction() as connection:
        webhooks.announce(connection, leases.finish(connection, [done(held)]))
        reviews.add(connection, tenant, job_id, label="human", reason="I drew it", reviewer="Kim")
    with database.transaction() as connection:
        jobs.erase(connection, tenant, job_id)
    with database.transaction() as connection:
        delivery = connection.execute("SELECT state, body, url FROM deliveries").fetchone()
        assert delivery == {"state": "cancelled", "body": None, "url": ""}
        assert reviews.of_job(connection, tenant, job_id) == []
        assert connection.execute("SELECT fingerprint FROM idempotency_keys").fetchone()["fingerprint"] == b""
    assert submit_image(database, store, tenant, idempotency=key) == job_id


def test_erasing_twice_is_the_same_as_once(database, store, tenant):
    job_id = submit_image(database, store, tenant)
    with database.transaction() as connection:
        first, second = jobs.erase(connection, tenant, job_id), jobs.erase(connection, tenant, job_id)
        assert first == second
        assert connection.execute("SELECT refs FROM objects").fetchone()["refs"] == 0


def test_bytes_stay_while_another_job_of_the_tenant_refers_to_them(database, store, tenant):
    sha256 = hashlib.sha256(picture()).digest()
    first, second = submit_image(database, store, tenant), submit_image(database, store, tenant)
    with database.transaction() as connection:
        jobs.erase(connection, tenant, first)
    assert images.collect(database, store, limit=10) == 0
    assert store.has_image(tenant, sha256)
    with database.transaction() as connection:
        jobs.erase(connection, tenant, second)
    assert images.collect(database, store, limit=10) == 1
    assert not store.has_image(tenant, sha256)


def test_an_upload_that_meets_the_collector_keeps_its_bytes(database, store, tenant):
    """Erase, collect and submit the same bytes again and again, all at once: no job is left without its image."""
    data = picture((9, 9, 9))
    sha256 = hashlib.sha256(data).digest()

    def round_trip(_):
        job_id = submit_image(database, store, tenant, data)
        assert store.has_image(tenant, sha256)
        with database.transaction() as connection:
            jobs.erase(connection, tenant, job_id)

    with ThreadPoolExecutor(6) as pool:
        collecting = [pool.submit(images.collect, database, store, limit=10) for _ in range(30)]
        list(pool.map(round_trip, range(30)))
        for one in collecting:
            one.result()
    last = submit_image(database, store, tenant, data)
    images.collect(database, store, limit=10)
    assert store.has_image(tenant, sha256)
    assert get(database, tenant, last).state is State.QUEUED


def test_another_tenant_can_neither_read_nor_erase_a_job(database, store, tenant):
    job_id = submit_image(database, store, tenant)
    stranger = make_tenant(database, "stranger")
    assert get(database, stranger, job_id) is None
    with database.transaction() as connection:
        assert jobs.erase(connection, stranger, job_id) is None
        assert jobs.page(connection, stranger, limit=10) == []
    assert get(database, tenant, job_id).state is State.QUEUED


def test_counters_agree_with_the_rows_through_every_kind_of_move(database, store, tenant):
    for _ in range(6):
        submit_image(database, store, tenant)
    submit_link(database, tenant, lane=Lane.BULK)
    first, second, third, fourth, *_ = claim(database)
    finish(database, done(first))
    finish(
        database,
        Outcome(job_id=second.id, fence=second.fence, state=State.FAILED, error=error_document("undecodable")),
    )
    with database.transaction() as connection:
        leases.release(connection, [third], wait=NOW)
        counts.fold(connection)
        leases.retry(connection, fourth, wait=NOW)
        jobs.erase(connection, tenant, first.id)
    with database.transaction() as connection:
        counted = {
            (row["state"], row["stage"], row["lane"]): row["present"]
            for row in counts.jobs(connection)
            if row["present"]
        }
        actual = {
            (row["state"], row["stage"], row["lane"]): row["count"]
            for row in connection.execute("SELECT state, stage, lane, count(*) FROM jobs GROUP BY state, stage, lane")
        }
    assert counted == actual


def test_making_a_partition_waits_for_nobody_and_nobody_waits_for_it(database, tenant):
    with database.transaction() as connection:
        last = connection.execute(
            "SELECT relid::text AS name FROM pg_partition_tree('jobs') WHERE isleaf ORDER BY 1 DESC LIMIT 1"
        ).fetchone()["name"]
        connection.execute(f"DROP TABLE {last}")
    with database.transaction() as busy:
        busy.execute("INSERT INTO jobs (tenant_id, stage, lane, url) VALUES (%s, 'fetch', 'bulk', 'x')", (tenant,))
        with database.transaction() as connection:
            connection.execute("SET LOCAL lock_timeout = '1s'")
            assert jobs.make_partitions(connection) == 1
    assert submit_link(database, tenant)


def test_erasure_and_a_finishing_worker_never_wait_for_one_another(database, store, tenant):
    """Both take the job and then its image: whoever is second waits, and neither is refused."""
    ids = [submit_image(database, store, tenant) for _ in range(20)]
    held = {one.id: one for one in claim(database, limit=20)}

    def end(job_id):
        with database.transaction() as connection:
            leases.finish(connection, [done(held[job_id])])
            images.describe(
                connection, [images.Sides(tenant_id=tenant, sha256=held[job_id].sha256, width=1, height=job_id.int % 9)]
            )

    def erase(job_id):
        with database.transaction() as connection:
            jobs.erase(connection, tenant, job_id)

    with ThreadPoolExecutor(4) as pool:
        for future in [pool.submit(action, job_id) for job_id in ids for action in (end, erase)]:
            future.result()
    assert {get(database, tenant, job_id).state for job_id in ids} == {State.ERASED}


def test_erasure_leaves_no_word_of_where_a_webhook_went(database, store, tenant):
    job_id = submit_image(database, store, tenant, callback_url="https://secret.example/hook")
    with database.transaction() as connection:
        webhooks.announce(connection, leases.finish(connection, [done(claim(database)[0])]))
    [delivery] = lease_webhooks(database)
    with database.transaction() as connection:
        attempt = webhooks.Attempt(error="unreachable: secret.example", response="hello", duration_ms=1)
        webhooks.record(connection, delivery, attempt, state="pending", wait=NOW)
        jobs.erase(connection, tenant, job_id)
        late = webhooks.Delivery(**{name: getattr(delivery, name) for name in delivery.__slots__} | {"attempts": 2})
        webhooks.record(connection, late, attempt, state="pending", wait=NOW)
    with database.transaction() as connection:
        rows = connection.execute("SELECT error, response FROM delivery_attempts ORDER BY attempt").fetchall()
    assert rows == [{"error": None, "response": None}] * 2


def test_erasure_cancels_what_waits_for_endpoints_and_what_is_held(database, store, tenant):
    open_one = add_endpoint(database, tenant, "https://open.example/hook")
    add_endpoint(database, tenant, "https://closed.example/hook", enabled=False)
    job_id = submit_image(database, store, tenant)
    with database.transaction() as connection:
        webhooks.announce(connection, leases.finish(connection, [done(claim(database)[0])]))
    with database.transaction() as connection:
        before = connection.execute("SELECT state FROM deliveries ORDER BY endpoint_id").fetchall()
        jobs.erase(connection, tenant, job_id)
        after = connection.execute("SELECT state, body, url FROM deliveries ORDER BY endpoint_id").fetchall()
    assert [row["state"] for row in before] == ["pending", "held"]
    assert [(row["state"], row["body"]) for row in after] == [("cancelled", None)] * 2
    assert after[0]["url"] == open_one["url"]


def test_a_time_before_all_ids_finds_every_job(database, tenant):
    from datetime import UTC, datetime

    job_id = submit_link(database, tenant)
    with database.transaction() as connection:
        [job] = jobs.page(connection, tenant, limit=5, created_after=datetime(1960, 1, 1, tzinfo=UTC))
    assert job.id == job_id


def test_a_new_job_lies_in_the_partition_of_its_month(database, tenant):
    submit_link(database, tenant)
    with database.transaction() as connection:
        row = connection.execute(
            "SELECT tableoid::regclass::text AS partition, to_char(now() AT TIME ZONE 'UTC', 'YYYY_MM') AS month FROM jobs"
        ).fetchone()
    assert row["partition"] == f"jobs_{row['month']}"


def test_partitions_stand_ready_for_six_months_and_are_made_once(database):
    with database.transaction() as connection:
        assert jobs.make_partitions(connection) == 0
        count = connection.execute("SELECT count(*) FROM pg_inherits WHERE inhparent = 'jobs'::regclass").fetchone()
    assert count["count"] == 7


def test_a_page_holds_the_newest_first_and_the_next_goes_on_where_it_ended(database, tenant):
    ids = [submit_link(database, tenant, external_id=f"e{n % 2}") for n in range(5)]
    with database.transaction() as connection:
        first = [job.id for job in jobs.page(connection, tenant, limit=2)]
        rest = [job.id for job in jobs.page(connection, tenant, limit=10, before_id=first[-1])]
        odd = [job.id for job in jobs.page(connection, tenant, limit=10, external_id="e1", state="queued")]
    assert first + rest == ids[::-1]
    assert odd == [ids[3], ids[1]]


def test_retention_finds_finished_jobs_that_are_older_than_the_policy_keeps(database, store, tenant):
    from tests.integration.factories import change_policy

    change_policy(database, tenant, retention_days=30)
    job_id = submit_image(database, store, tenant)
    finish(database, done(claim(database)[0]))
    with database.transaction() as connection:
        assert jobs.past_retention(connection, limit=10) == []
        # A job of the partition's first instant, older than one day whenever this runs after the first of a month.
        connection.execute("UPDATE policies SET document = document || '{\"retention_days\": 0}' WHERE version = 2")
        assert jobs.past_retention(connection, limit=10) == [(tenant, job_id)]
