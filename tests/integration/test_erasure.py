"""What erasure takes along, and what it leaves."""

import hashlib
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from shared.domain.job import State
from shared.storage import images, jobs, leases, reviews, webhooks
from shared.storage.jobs import Idempotency
from tests.integration.factories import (
    NOW,
    add_endpoint,
    claim,
    done,
    finish,
    finish_one,
    get,
    lease_webhooks,
    picture,
    submit_image,
    waits_for_a_lock,
)
from tests.processes import wait_until


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


@pytest.mark.parametrize("first", ["erasure", "attempt"])
def test_no_answer_of_a_receiver_outlives_an_erasure_at_the_same_moment(database, store, tenant, first):
    job_id = finish_one(database, store, tenant, "https://example.com/hook")
    [delivery] = lease_webhooks(database)

    def erase(connection):
        jobs.erase(connection, tenant, job_id)

    def record(connection):
        attempt = webhooks.Attempt(status=200, response=delivery.body, duration_ms=1)
        webhooks.record(connection, delivery, attempt, state="delivered", wait=None)

    def do(step):
        with database.transaction() as connection:
            step(connection)

    begun, second = (erase, record) if first == "erasure" else (record, erase)
    with ThreadPoolExecutor(1) as pool:
        with database.transaction() as connection:
            begun(connection)
            other = pool.submit(do, second)
            wait_until(lambda: waits_for_a_lock(database), 10)
        other.result()
    with database.transaction() as connection:
        rows = connection.execute("SELECT response, error FROM delivery_attempts").fetchall()
    assert rows == [{"response": None, "error": None}]


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
