"""Webhooks against a real receiver: signed, retried by the schedule, each attempt a row."""

import json
import threading
import time
from datetime import timedelta

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from services.worker.sender import later
from services.worker.slots import PER_RECEIVER, PER_TENANT, QUICK, QUICK_SECONDS
from shared.domain.webhook import SCHEDULE
from shared.storage import tenants, webhook_log
from tests.integration.factories import add_endpoint, finish_one, lease_webhooks, make_tenant
from tests.integration.sending import deliveries, lower, make_due, send
from tests.processes import wait_until
from tests.webserver import serve


def replay(database):
    """Ask for the one delivery again; its row."""
    with database.transaction() as connection:
        return webhook_log.replay(connection, deliveries(database)[0]["id"])


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


@pytest.mark.parametrize("before", [5, len(SCHEDULE) - 1])
@pytest.mark.parametrize("status", [500, 410])
def test_what_is_replayed_while_an_attempt_fails_is_due_at_once(database, store, tenant, sender, before, status):
    with serve(lambda _: (replay(database) and status, {}, b"")) as receiver:
        finish_one(database, store, tenant, receiver.url)
        with database.transaction() as connection:
            connection.execute("UPDATE deliveries SET attempts = %s", (before,))
        send(database, sender)
    [delivery] = deliveries(database)
    assert (delivery["state"], delivery["attempts"], delivery["schedule_from"]) == ("pending", before + 1, before + 1)
    assert delivery["wait"] < timedelta()


def test_what_is_replayed_while_an_attempt_arrives_is_not_sent_again(database, store, tenant, sender):
    with serve(lambda _: (replay(database) and 204, {}, b"")) as receiver:
        finish_one(database, store, tenant, receiver.url)
        send(database, sender)
    assert deliveries(database)[0]["state"] == "delivered"


def test_what_is_replayed_while_an_attempt_disables_its_endpoint_is_held(database, store, tenant, sender):
    with serve(lambda _: (replay(database) and 410, {}, b"")) as receiver:
        add_endpoint(database, tenant, receiver.url)
        finish_one(database, store, tenant)
        send(database, sender)
    assert deliveries(database)[0]["state"] == "held"


def test_a_receiver_may_ask_for_more_time_but_not_for_less():
    assert later(1, 3600).total_seconds() == 3600
    assert later(2, 1).total_seconds() >= SCHEDULE[2]
    assert later(len(SCHEDULE), 1) is None


def test_a_replaced_secret_signs_beside_the_new_one_until_its_time_is_over(database, store, tenant, sender):
    with database.transaction() as connection:
        old = connection.execute("SELECT webhook_secret FROM tenants").fetchone()["webhook_secret"]
        _, new = tenants.rotate_webhook_secret(connection, tenant, overlap=timedelta(hours=24))
    with serve(lambda _: (204, {}, b"")) as receiver:
        finish_one(database, store, tenant, receiver.url)
        send(database, sender)
        with database.transaction() as connection:
            connection.execute("UPDATE tenants SET previous_webhook_secret_until = now()")
        finish_one(database, store, tenant, receiver.url)
        send(database, sender)
    during, after = receiver.asked
    assert len(lower(during.headers)["webhook-signature"].split()) == 2
    for secret in (old, new):
        assert Webhook(secret).verify(during.body, lower(during.headers))["type"] == "job.done"
    assert Webhook(new).verify(after.body, lower(after.headers))["type"] == "job.done"
    with pytest.raises(WebhookVerificationError):
        Webhook(old).verify(after.body, lower(after.headers))


def test_an_endpoint_gets_its_own_signature_and_a_callback_that_of_the_tenant(database, store, tenant, sender):
    with serve(lambda _: (204, {}, b"")) as receiver:
        endpoint = add_endpoint(database, tenant, f"{receiver.url}/endpoint")
        job_id = finish_one(database, store, tenant, f"{receiver.url}/callback")
        send(database, sender, begun=2)
    asked = {one.path: one for one in receiver.asked}
    assert len({lower(one.headers)["webhook-id"] for one in receiver.asked}) == 2
    theirs = asked["/endpoint"]
    assert Webhook(endpoint["secret"]).verify(theirs.body, lower(theirs.headers))["data"]["id"] == str(job_id)
    with pytest.raises(WebhookVerificationError):
        Webhook(endpoint["secret"]).verify(asked["/callback"].body, lower(asked["/callback"].headers))


def test_a_callback_that_is_gone_is_given_up_at_once(database, store, tenant, sender):
    with serve(lambda _: (410, {}, b"")) as receiver:
        finish_one(database, store, tenant, receiver.url)
        send(database, sender)
    assert deliveries(database)[0]["state"] == "exhausted"


@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_a_receiver_that_asks_for_time_is_given_it(database, store, tenant, sender, status):
    with serve(lambda _: (status, {"Retry-After": "600"}, b"")) as receiver:
        finish_one(database, store, tenant, receiver.url)
        send(database, sender)
    [delivery] = deliveries(database)
    assert (delivery["state"], 595 < delivery["wait"].total_seconds() <= 600) == ("pending", True)


def test_hanging_receivers_of_many_tenants_hold_up_nobody_else(database, store, tenant, sender, settings):
    release = threading.Event()

    def answer(asked):
        if asked.path == "/hang":
            release.wait(30)
        return 204, {}, b""

    def deliver_quickly():
        """Seconds until one more webhook of a tenant whose receiver is well has arrived."""
        finish_one(database, store, tenant, f"{receiver.url}/quick")
        started, before = time.monotonic(), paths().count("/quick")
        wait_until(lambda: sender.start_due() >= 0 and paths().count("/quick") > before, 20)
        return time.monotonic() - started

    def paths():
        return [asked.path for asked in receiver.asked]

    def attempts_begun():
        return sum(row["attempts"] for row in deliveries(database))

    others = [make_tenant(database, f"other {number}") for number in range(2 * QUICK // PER_RECEIVER)]
    with serve(answer) as receiver:
        with database.transaction() as connection:
            connection.execute(
                "INSERT INTO deliveries (tenant_id, job_id, event, url, body) SELECT tenant, uuidv7(), 'job.done', %s, '{}'"
                " FROM unnest(%s::uuid[]) AS tenant, generate_series(1, 20)",
                (f"{receiver.url}/hang", others),
            )
        try:
            assert sender.start_due() == QUICK
            # Every slot is taken, and given back as soon as those who took it have shown themselves as slow.
            assert deliver_quickly() < settings.webhook_seconds / 2
            wait_until(lambda: len(sender._slots.room().doubtful_receivers) == len(others), 20)
            begun = attempts_begun()
            assert max(deliver_quickly() for _ in range(5)) < QUICK_SECONDS
            assert attempts_begun() - begun == 5
        finally:
            release.set()


def test_a_slow_endpoint_leaves_half_of_its_tenants_room_to_the_others(database, store, tenant, sender):
    release = threading.Event()

    def answer(asked):
        if asked.path.startswith("/slow"):
            release.wait(30)
        return 204, {}, b""

    with serve(answer) as receiver:
        for number in range(4):
            add_endpoint(database, tenant, f"{receiver.url}/slow{number}")
        try:
            for _ in range(3):
                finish_one(database, store, tenant)
            sender.start_due()
            wait_until(lambda: len(sender._slots.room().doubtful_receivers) == 4, 10)
            quick = add_endpoint(database, tenant, f"{receiver.url}/quick")
            for _ in range(3):
                finish_one(database, store, tenant)
            wait_until(
                lambda: sender.start_due() >= 0 and [o.path for o in receiver.asked].count("/quick") == 3,
                10,
            )
            with database.transaction() as connection:
                slow = connection.execute(
                    "SELECT count(*) AS leased FROM deliveries WHERE lease_until > now() AND endpoint_id <> %s",
                    (quick["id"],),
                ).fetchone()["leased"]
            # What began before they were found out, and none since.
            assert slow == PER_TENANT
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


def test_a_lease_whose_sender_died_is_due_again_with_the_same_id(database, store, tenant, sender):
    finish_one(database, store, tenant, "http://127.0.0.1:9/")
    [first] = lease_webhooks(database, hold=timedelta(seconds=-1))
    [second] = lease_webhooks(database, hold=timedelta(seconds=-1))
    assert (first.attempts, second.attempts) == (1, 2)
    with serve(lambda _: (204, {}, b"")) as receiver:
        with database.transaction() as connection:
            connection.execute("UPDATE deliveries SET url = %s", (receiver.url,))
        send(database, sender)
    assert lease_webhooks(database) == []
    [asked] = receiver.asked
    assert lower(asked.headers)["webhook-id"] == f"msg_{first.id.hex}"
    assert deliveries(database)[0]["state"] == "delivered"


def test_what_an_event_says_of_a_job_can_be_put_in_order(database, store, tenant, sender):
    with serve(lambda _: (204, {}, b"")) as receiver:
        finish_one(database, store, tenant, receiver.url)
        send(database, sender)
    data = json.loads(receiver.asked[0].body)["data"]
    assert data["updated_at"] >= data["finished_at"]
