"""Endpoints that answer 410 or only fail are disabled; what is meant for them waits, and is not lost."""

import json
from collections import Counter

import pytest
from structlog.testing import capture_logs

from services.worker import housekeeping
from services.worker.sweeper import Sweeper
from shared.domain.webhook import SCHEDULE, Event
from shared.storage import counts, jobs, reviews, webhook_endpoints, webhooks
from shared.storage.webhook_endpoints import Wanted
from tests.integration.factories import add_endpoint, finish_one, get, lease_webhooks, make_tenant
from tests.integration.sending import deliveries, make_due, send
from tests.webserver import serve


@pytest.fixture
def sweeper(database, store, doorbell, settings):
    return Sweeper(database, store, doorbell, settings)


def endpoint(database, tenant, made):
    with database.transaction() as connection:
        return webhook_endpoints.get(connection, tenant, made["id"])


def fail_for(database, days):
    with database.transaction() as connection:
        connection.execute("UPDATE webhook_endpoints SET failing_since = now() - make_interval(days => %s)", (days,))


def states(database):
    return Counter(row["state"] for row in deliveries(database))


def test_an_event_goes_to_each_endpoint_of_the_tenant_that_wants_it_and_to_nobody_elses(database, store, tenant):
    all_events = add_endpoint(database, tenant, "https://a.example/")
    some = add_endpoint(database, tenant, "https://b.example/", [Event.JOB_DONE, Event.JOB_DEAD])
    add_endpoint(database, tenant, "https://c.example/", [Event.JOB_FAILED])
    add_endpoint(database, make_tenant(database, "other"), "https://d.example/")
    finish_one(database, store, tenant, "https://callback.example/")
    rows = deliveries(database)
    assert {(row["endpoint_id"], row["url"]) for row in rows} == {
        (all_events["id"], "https://a.example/"),
        (some["id"], "https://b.example/"),
        (None, "https://callback.example/"),
    }
    assert {row["tenant_id"] for row in rows} == {tenant}


def test_a_review_is_announced_with_what_the_person_said(database, store, tenant):
    add_endpoint(database, tenant, "https://a.example/", [Event.JOB_REVIEWED])
    job_id = finish_one(database, store, tenant)
    with database.transaction() as connection:
        review = reviews.add(connection, tenant, job_id, label="human", reason="I drew it", reviewer="Kim")
        webhooks.announce_review(connection, jobs.get(connection, tenant, job_id), review, before=None)
    [delivery] = deliveries(database)
    event = json.loads(delivery["body"])
    assert (event["type"], event["data"]["id"]) == ("job.reviewed", str(job_id))
    assert event["data"]["review"]["reason"] == "I drew it"
    assert event["data"]["updated_at"] > get(database, tenant, job_id).finished_at.isoformat()


def test_an_endpoint_that_is_gone_is_disabled_at_once_and_what_waits_is_held(database, store, tenant, sender):
    with serve(lambda asked: (410 if asked.path == "/gone" else 204, {}, b"")) as receiver:
        gone = add_endpoint(database, tenant, f"{receiver.url}/gone")
        finish_one(database, store, tenant)
        finish_one(database, store, tenant)
        other = add_endpoint(database, tenant, f"{receiver.url}/other")
        with database.transaction() as connection:
            connection.execute(
                "UPDATE deliveries SET next_attempt_at = now() + interval '1 hour'"
                " WHERE id = (SELECT id FROM deliveries ORDER BY id DESC LIMIT 1)"
            )
        with capture_logs() as lines:
            send(database, sender)
        assert [line["reason"] for line in lines if line["event"] == "webhook_endpoint_disabled"] == ["gone"]
        assert endpoint(database, tenant, gone)["disabled_reason"] == "gone"
        assert [row["state"] for row in deliveries(database) if row["endpoint_id"] == gone["id"]] == ["held"] * 2
        finish_one(database, store, tenant)
        assert [row["state"] for row in deliveries(database) if row["endpoint_id"] == gone["id"]] == ["held"] * 3
        send(database, sender, begun=2)
    said = [json.loads(asked.body) for asked in receiver.asked if asked.path == "/other"]
    told = next(one for one in said if one["type"] == "webhook.disabled")
    assert (told["data"]["id"], told["data"]["reason"]) == (str(gone["id"]), "gone")
    assert endpoint(database, tenant, other)["disabled_at"] is None


def test_an_endpoint_that_only_failed_for_days_is_disabled_and_counted(database, store, tenant, sender):
    with serve(lambda _: (500, {}, b"")) as receiver:
        made = add_endpoint(database, tenant, receiver.url)
        finish_one(database, store, tenant)
        send(database, sender)
        assert endpoint(database, tenant, made)["failing_since"] is not None
        fail_for(database, 4)
        make_due(database)
        send(database, sender)
        assert endpoint(database, tenant, made)["disabled_at"] is None
        fail_for(database, 6)
        make_due(database)
        send(database, sender)
    assert endpoint(database, tenant, made)["disabled_reason"] == "failing"
    assert states(database) == {"held": 1}
    with database.transaction() as connection:
        counted = {row["reason"]: row["disabled"] for row in counts.disabled_endpoints(connection)}
    assert counted == {"gone": 0, "failing": 1, "requested": 0}


def test_one_success_forgets_the_failures_before_it(database, store, tenant, sender):
    answers = iter([500, 204, 500])
    with serve(lambda _: (next(answers), {}, b"")) as receiver:
        made = add_endpoint(database, tenant, receiver.url)
        finish_one(database, store, tenant)
        send(database, sender)
        fail_for(database, 4)
        make_due(database)
        send(database, sender)
        assert endpoint(database, tenant, made)["failing_since"] is None
        finish_one(database, store, tenant)
        send(database, sender)
    assert endpoint(database, tenant, made)["disabled_at"] is None


def test_an_answer_of_an_address_that_was_changed_meanwhile_disables_nothing(database, store, tenant, sender):
    def answer(_):
        with database.transaction() as connection:
            webhook_endpoints.change(connection, made["id"], Wanted(url="http://127.0.0.1:9/new"))
        return 410, {}, b""

    with serve(answer) as receiver:
        made = add_endpoint(database, tenant, receiver.url)
        finish_one(database, store, tenant)
        send(database, sender)
    now = endpoint(database, tenant, made)
    assert (now["disabled_at"], now["failing_since"]) == (None, None)
    assert deliveries(database)[0]["state"] == "pending"
    make_due(database)
    [delivery] = lease_webhooks(database)
    assert delivery.url == "http://127.0.0.1:9/new"


def test_what_was_delivered_while_its_endpoint_was_disabled_is_delivered(database, store, tenant, sender):
    def answer(_):
        with database.transaction() as connection:
            webhook_endpoints.change(connection, made["id"], Wanted(url=receiver.url, enabled=False))
            webhooks.settle(connection, limit=10)
        return 204, {}, b""

    with serve(answer) as receiver:
        made = add_endpoint(database, tenant, receiver.url)
        finish_one(database, store, tenant)
        send(database, sender)
    assert states(database) == {"delivered": 1}


def test_a_disabled_or_removed_endpoint_is_sent_nothing_and_the_sweeper_settles_what_waits(
    database, store, tenant, sender, sweeper
):
    with serve(lambda _: (204, {}, b"")) as receiver:
        disabled, removed = (add_endpoint(database, tenant, f"{receiver.url}/{name}") for name in ("one", "two"))
        for _ in range(3):
            finish_one(database, store, tenant)
        with database.transaction() as connection:
            webhook_endpoints.change(connection, disabled["id"], Wanted(url=disabled["url"], enabled=False))
            webhook_endpoints.remove(connection, tenant, removed["id"])
        assert sender.start_due() == 0
        assert states(database) == {"pending": 6}
        sweeper.settle()
    assert states(database) == {"held": 3, "cancelled": 3}
    assert receiver.asked == []


def test_a_removed_endpoint_is_forgotten_once_nothing_waits_for_it(database, store, tenant, settings, sweeper):
    made = add_endpoint(database, tenant, "https://a.example/")
    finish_one(database, store, tenant)
    with database.transaction() as connection:
        webhook_endpoints.remove(connection, tenant, made["id"])
        connection.execute("UPDATE webhook_endpoints SET deleted_at = now() - interval '2 hours'")

    def left():
        housekeeping.maintain(database, store, settings)
        with database.transaction() as connection:
            return connection.execute("SELECT count(*) AS n FROM webhook_endpoints").fetchone()["n"]

    assert left() == 1
    sweeper.settle()
    assert left() == 0
    assert states(database) == {"cancelled": 1}


def test_past_the_schedule_an_endpoints_delivery_is_exhausted_and_the_endpoint_still_tried(
    database, store, tenant, sender
):
    with serve(lambda _: (500, {}, b"")) as receiver:
        made = add_endpoint(database, tenant, receiver.url)
        finish_one(database, store, tenant)
        with database.transaction() as connection:
            connection.execute("UPDATE deliveries SET attempts = %s", (len(SCHEDULE) - 1,))
        send(database, sender)
    assert states(database) == {"exhausted": 1}
    assert endpoint(database, tenant, made)["disabled_at"] is None
