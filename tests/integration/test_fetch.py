"""Links: fetched through the guard, stored, and on to scoring; or ended with a reason."""

import hashlib
import ipaddress
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from services.worker.fetch import Fetcher
from services.worker.guarded_http import GuardedClient
from shared.domain.job import FETCH_TRIES, Lane, Stage, State
from shared.errors import LinkRefused
from shared.storage import leases
from tests.integration.factories import claim, get, picture, submit_link
from tests.processes import wait_until
from tests.webserver import serve

LOOPBACK = (ipaddress.ip_network("127.0.0.0/8"),)


@pytest.fixture
def fetcher(database, store, doorbell, settings):
    return Fetcher(
        database=database,
        store=store,
        doorbell=doorbell,
        client=GuardedClient(LOOPBACK),
        settings=settings.model_copy(update={"max_body_bytes": 10_000, "max_pixels": 1_000_000}),
        name="test",
    )


def make_due(database):
    with database.transaction() as connection:
        connection.execute("UPDATE jobs SET next_attempt_at = now()")


def end_of(fetcher, database, tenant, body, *, status=200, headers=None):
    with serve(lambda _: (status, headers or {}, body)) as server:
        job_id = submit_link(database, tenant, url=f"{server.url}/picture")
        fetcher.drain([job_id])
    return get(database, tenant, job_id)


def test_a_link_to_an_image_is_stored_and_queued_for_scoring(database, store, tenant, fetcher, doorbell):
    job = end_of(fetcher, database, tenant, picture())
    assert (job.state, job.stage) == (State.QUEUED, Stage.SCORE)
    assert job.sha256 == hashlib.sha256(picture()).digest()
    assert store.get_image(tenant, job.sha256) == picture()
    assert (job.image_format, job.image_width) == ("png", 32)
    assert "fetch" in job.timings_ms
    assert doorbell.room(Stage.SCORE, job.lane) == 63


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"<html>not found</html>", "not_an_image"),
        (b"\x89PNG" + b"0" * 20_000, "too_large"),
        (picture(size=(1100, 1000)), "too_many_pixels"),
        (b"", "not_an_image"),
    ],
)
def test_a_link_to_something_else_fails_with_its_reason(database, store, tenant, fetcher, body, reason):
    job = end_of(fetcher, database, tenant, body)
    assert (job.state, job.error["reason"]) == (State.FAILED, reason)


def test_a_link_is_what_its_bytes_are_and_not_what_its_server_declares(database, tenant, fetcher):
    job = end_of(fetcher, database, tenant, picture(), headers={"Content-Type": "text/html"})
    assert (job.state, job.stage, job.image_format) == (State.QUEUED, Stage.SCORE, "png")
    job = end_of(fetcher, database, tenant, b"<html></html>", headers={"Content-Type": "image/png"})
    assert (job.state, job.error["reason"]) == (State.FAILED, "not_an_image")


def test_a_link_that_is_gone_fails_at_once(database, tenant, fetcher):
    job = end_of(fetcher, database, tenant, b"gone", status=404)
    assert (job.state, job.error["reason"], job.attempt) == (State.FAILED, "unreachable", 1)


def test_a_redirect_to_a_forbidden_address_is_refused(database, tenant, fetcher):
    job = end_of(fetcher, database, tenant, b"", status=302, headers={"Location": "http://169.254.169.254/latest"})
    assert (job.state, job.error["reason"]) == (State.FAILED, "forbidden_address")


def test_a_server_in_trouble_is_asked_three_times_and_then_unreachable(database, tenant, fetcher):
    with serve(lambda _: (503, {}, b"busy")) as server:
        job_id = submit_link(database, tenant, url=f"{server.url}/picture")
        for _ in range(FETCH_TRIES):
            assert get(database, tenant, job_id).state is State.QUEUED
            make_due(database)
            fetcher.drain([])
    job = get(database, tenant, job_id)
    assert (job.state, job.error["reason"]) == (State.FAILED, "unreachable")
    assert len(server.asked) == FETCH_TRIES


def test_a_link_that_recovers_is_scored_with_a_clean_count(database, tenant, fetcher):
    answers = iter([(503, {}, b"busy"), (200, {}, picture())])
    with serve(lambda _: next(answers)) as server:
        job_id = submit_link(database, tenant, url=f"{server.url}/picture")
        fetcher.drain([])
        make_due(database)
        fetcher.drain([])
    with database.transaction() as connection:
        row = connection.execute("SELECT stage, failures FROM jobs WHERE id = %s", (job_id,)).fetchone()
    assert row == {"stage": "score", "failures": 0}


def test_a_job_erased_while_its_link_is_fetched_keeps_no_bytes(database, store, tenant, fetcher):
    from shared.storage import images, jobs

    asked, erased = threading.Event(), threading.Event()

    def answer(_):
        asked.set()
        assert erased.wait(10)
        return 200, {}, picture()

    with serve(answer) as server:
        job_id = submit_link(database, tenant, url=f"{server.url}/picture")
        thread = threading.Thread(target=fetcher.drain, args=([job_id],))
        thread.start()
        assert asked.wait(10)
        with database.transaction() as connection:
            jobs.erase(connection, tenant, job_id)
        erased.set()
        thread.join()
    assert get(database, tenant, job_id).state is State.ERASED
    assert images.collect(database, store, limit=10) == 1
    assert not store.has_image(tenant, hashlib.sha256(picture()).digest())


def test_the_tenants_own_bytes_are_fetched_once_for_two_links(database, store, tenant, fetcher):
    first = end_of(fetcher, database, tenant, picture())
    second = end_of(fetcher, database, tenant, picture())
    assert first.sha256 == second.sha256
    with database.transaction() as connection:
        assert connection.execute("SELECT refs FROM objects").fetchone()["refs"] == 2


def test_an_interactive_link_is_fetched_before_the_bulk_ones_that_a_message_names(database, tenant, fetcher):
    with serve(lambda _: (404, {}, b"")) as server:
        named = [submit_link(database, tenant, url=f"{server.url}/bulk/{n}", lane=Lane.BULK) for n in range(4)]
        submit_link(database, tenant, url=f"{server.url}/quick")
        assert fetcher.drain(named) == 5
    assert [asked.path for asked in server.asked].index("/quick") <= 1


def test_links_that_a_dying_fetcher_held_together_are_not_blamed_together(database, tenant):
    ids = [submit_link(database, tenant) for _ in range(3)]
    expired = timedelta(seconds=-1)
    for _ in range(2):
        held = [claim(database, Stage.FETCH, limit=1, lease=expired)[0] for _ in ids]
        assert len({one.id for one in held}) == 3
        with database.transaction() as connection:
            leases.take_back_expired(connection, lease=expired, limit=10)
    with database.transaction() as connection:
        rows = connection.execute("SELECT crashes, suspect FROM jobs").fetchall()
    assert rows == [{"crashes": 1, "suspect": True}] * 3
    assert all(one.suspect for one in claim(database, Stage.FETCH))


def test_suspects_wait_unclaimed_for_their_turn_however_many_threads_there_are(database, tenant, fetcher, settings):
    """Or their leases would run out before all have had it, and count as crashes."""
    threads = int(settings.lease_seconds / settings.fetch_seconds) + 5
    ids = [submit_link(database, tenant) for _ in range(threads)]
    expired = timedelta(seconds=-1)
    assert len([claim(database, Stage.FETCH, limit=1, lease=expired) for _ in ids]) == threads
    with database.transaction() as connection:
        leases.take_back_expired(connection, lease=expired, limit=threads)
    held, others_left = [], threading.Event()

    class SlowSite:
        def fetch(self, *_, **__):
            assert others_left.wait(30)
            with database.transaction() as connection:
                held.append(connection.execute("SELECT count(*) FROM jobs WHERE state = 'running'").fetchone()["count"])
            raise LinkRefused("too_large", "It is slow, too.")

    fetcher._client = SlowSite()
    with ThreadPoolExecutor(threads) as pool:
        drains = [pool.submit(fetcher.drain, ()) for _ in ids]
        try:
            wait_until(lambda: sum(drain.done() for drain in drains) == threads - 1, 10)
        finally:
            others_left.set()
    assert sorted(drain.result() for drain in drains) == [0] * (threads - 1) + [threads]
    assert held == [1] * threads
