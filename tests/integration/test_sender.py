"""Webhooks against a real receiver: signed, retried by the schedule, each attempt a row."""

import ipaddress
import threading
import time

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from services.worker.guarded_http import GuardedClient
from services.worker.sender import PER_TENANT, Sender, later
from shared.domain.webhook import SCHEDULE
from shared.storage import jobs, webhooks
from tests.integration.factories import claim, done, make_tenant, submit_image
from tests.webserver import serve

LOOPBACK = (ipaddress.ip_network("127.0.0.0/8"),)


@pytest.fixture
def sender(database, settings):
    made = Sender(database, GuardedClient(LOOPBACK), settings)
    yield made
    made.close()


def finish_one(database, store, tenant, url):
    job_id = submit_image(database, store, tenant, callback_url=url)
    with database.transaction() as connection:
        webhooks.announce(connection, jobs.finish(connection, [done(claim(database)[0])]))
    return job_id


def deliveries(database):
    with database.transaction() as connection:
        return connection.execute(
            "SELECT deliveries.*, next_attempt_at - now() AS wait FROM deliveries ORDER BY id"
        ).fetchall()


def send(database, sender, begun=1):
    """Start what is due and wait until every attempt is recorded."""
    assert sender.start_due() == begun
    deadline = time.monotonic() + 20
    while any(row["lease_until"] for row in deliveries(database)):
        assert time.monotonic() < deadline
        time.sleep(0.01)


def make_due(database):
    with database.transaction() as connection:
        connection.execute("UPDATE deliveries SET next_attempt_at = now()")


def test_the_receiver_can_verify_what_it_gets(database, store, tenant, sender):
    with serve(lambda _: (204, {}, b"")) as receiver:
        job_id = finish_one(database, store, tenant, f"{receiver.url}/hook")
        send(database, sender)
    [asked] = receiver.asked
    with database.transaction() as connection:
        secret = connection.execute("SELECT webhook_secret FROM tenants").fetchone()["webhook_secret"]
    headers = {name.lower(): value for name, value in asked.headers.items()}
    event = Webhook(secret).verify(asked.body, headers)
    assert (event["type"], event["data"]["id"], event["data"]["state"]) == ("job.done", str(job_id), "done")
    with pytest.raises(WebhookVerificationError):
        Webhook(secret).verify(asked.body.replace(b"job.done", b"job.dead"), headers)
    assert deliveries(database)[0]["state"] == "delivered"


def test_a_failed_attempt_is_kept_and_tried_again_with_the_same_id(database, store, tenant, sender):
    answers = iter([(500, {}, b"oh no"), (200, {}, b"ok")])
    with serve(lambda _: next(answers)) as receiver:
        finish_one(database, store, tenant, receiver.url)
        send(database, sender)
        [delivery] = deliveries(database)
        assert delivery["state"] == "pending"
        assert SCHEDULE[1] - 1 <= delivery["wait"].total_seconds() <= SCHEDULE[1] * 1.1
        assert sender.start_due() == 0
        make_due(database)
        send(database, sender)
    first, second = receiver.asked
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    with database.transaction() as connection:
        attempts = connection.execute("SELECT attempt, status, response FROM delivery_attempts ORDER BY attempt")
        assert attempts.fetchall() == [
            {"attempt": 1, "status": 500, "response": "oh no"},
            {"attempt": 2, "status": 200, "response": "ok"},
        ]


def test_a_redirect_is_a_failure_and_is_not_followed(database, store, tenant, sender):
    with serve(lambda _: (302, {"Location": "/elsewhere"}, b"")) as receiver:
        finish_one(database, store, tenant, receiver.url)
        send(database, sender)
    assert [asked.path for asked in receiver.asked] == ["/"]
    assert deliveries(database)[0]["state"] == "pending"


def test_a_forbidden_address_is_never_connected_to(database, store, tenant, sender):
    finish_one(database, store, tenant, "http://10.0.0.1/hook")
    send(database, sender)
    with database.transaction() as connection:
        row = connection.execute("SELECT status, error FROM delivery_attempts").fetchone()
    assert row["status"] is None
    assert row["error"].startswith("forbidden_address")


def test_past_the_schedule_a_delivery_is_exhausted(database, store, tenant, sender):
    with serve(lambda _: (500, {}, b"")) as receiver:
        finish_one(database, store, tenant, receiver.url)
        with database.transaction() as connection:
            connection.execute("UPDATE deliveries SET attempts = %s", (len(SCHEDULE) - 1,))
        send(database, sender)
    assert deliveries(database)[0]["state"] == "exhausted"


def test_a_receiver_may_ask_for_more_time_but_not_for_less():
    assert later(1, 3600).total_seconds() == 3600
    assert later(2, 1).total_seconds() >= SCHEDULE[2]
    assert later(len(SCHEDULE), 1) is None


def test_a_slow_tenant_leaves_room_for_another(database, store, tenant, sender):
    other, release = make_tenant(database, "other"), threading.Event()

    def answer(asked):
        if asked.path == "/slow":
            release.wait(20)
        return 200, {}, b""

    with serve(answer) as receiver:
        for _ in range(10):
            finish_one(database, store, tenant, f"{receiver.url}/slow")
        try:
            assert [sender.start_due() for _ in range(5)] == [PER_TENANT, 0, 0, 0, 0]
            finish_one(database, store, other, f"{receiver.url}/quick")
            assert sender.start_due() == 1
        finally:
            release.set()


def test_an_unexpected_error_is_an_attempt_like_any_other(database, store, tenant, sender, monkeypatch):
    def surprise(*_, **__):
        raise ZeroDivisionError

    monkeypatch.setattr(sender._client, "post", surprise)
    finish_one(database, store, tenant, "http://127.0.0.1:9/")
    send(database, sender)
    with database.transaction() as connection:
        assert (
            connection.execute("SELECT error FROM delivery_attempts").fetchone()["error"]
            == "internal: ZeroDivisionError"
        )


def test_a_lease_whose_sender_died_is_due_again_with_the_next_attempt(database, store, tenant):
    from datetime import timedelta

    finish_one(database, store, tenant, "http://127.0.0.1:9/")
    with database.transaction() as connection:
        [first] = webhooks.lease(connection, limit=1, per_tenant=1, hold=timedelta(seconds=-1))
        [second] = webhooks.lease(connection, limit=1, per_tenant=1, hold=timedelta(seconds=60))
        assert webhooks.lease(connection, limit=1, per_tenant=1, hold=timedelta(seconds=60)) == []
    assert (first.attempts, second.attempts) == (1, 2)
