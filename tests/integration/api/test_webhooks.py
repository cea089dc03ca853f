"""The routes under /v1/webhooks: each tenant's endpoints and deliveries, and nobody else's."""

import base64
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from standardwebhooks import Webhook

from services.api.routes import webhooks as routes
from shared.domain.tenant import Scope
from tests.integration.factories import add_endpoint, finish_one, make_tenant
from tests.integration.sending import deliveries, lower, make_due, send
from tests.webserver import serve as serve_web

URL = "https://93.184.216.34/hook"


@pytest.fixture
def settings(settings, monkeypatch):
    from shared import config

    monkeypatch.setenv("JINWI_ALLOWED_NETWORKS", "127.0.0.0/8")
    return config.load()


def add(client, **changed):
    made = client.post("/v1/webhooks", json={"url": URL} | changed)
    assert made.status_code == 201, made.text
    return made.json()


def refused(answer, status):
    assert answer.status_code == status, answer.text
    return answer.json()


class TestEndpoints:
    def test_one_is_added_with_a_secret_that_is_shown_once(self, client):
        made = client.post("/v1/webhooks", json={"url": URL, "events": ["job.done", "job.dead", "job.done"]})
        assert made.status_code == 201
        assert len(base64.b64decode(made.json()["secret"].removeprefix("whsec_"))) == 32
        assert made.json()["events"] == ["job.dead", "job.done"]
        read = client.get(made.headers["Location"])
        assert read.json() == {name: value for name, value in made.json().items() if name != "secret"}
        assert client.get("/v1/webhooks").json() == {"webhooks": [read.json()]}

    def test_a_wrong_one_is_refused_by_name_and_nothing_is_kept(self, client):
        for body, field in (
            ({"url": "ftp://example.com"}, "url"),
            ({"url": "http://169.254.169.254/latest"}, "url"),
            ({"url": URL, "events": []}, "events"),
            ({"url": URL, "events": ["job.began"]}, "events.0"),
            ({"url": URL, "secret": "whsec_mine"}, "secret"),
            ({}, "url"),
        ):
            assert refused(client.post("/v1/webhooks", json=body), 422)["errors"][0]["field"] == field
        assert client.get("/v1/webhooks").json() == {"webhooks": []}

    def test_a_tenant_has_no_more_than_the_operator_allows(self, serve, settings, new_key):
        client = serve(settings.model_copy(update={"webhook_endpoints": 2}))(new_key())
        first, _ = add(client), add(client)
        assert "remove one first" in refused(client.post("/v1/webhooks", json={"url": URL}), 409)["detail"]
        client.delete(f"/v1/webhooks/{first['id']}")
        add(client)

    def test_a_patch_changes_what_it_names_and_null_sets_back(self, client):
        path = f"/v1/webhooks/{add(client, events=['job.done'], description='ours')['id']}"
        changed = client.patch(path, json={"url": f"{URL}/new", "description": "theirs"}).json()
        assert (changed["url"], changed["events"], changed["description"]) == (f"{URL}/new", ["job.done"], "theirs")
        assert client.patch(path, json={"events": None, "description": None}).json() == changed | {
            "events": None,
            "description": None,
        }
        assert refused(client.patch(path, json={"url": None}), 422)["errors"][0]["field"] == "url"
        assert refused(client.patch(path, json={"url": "http://10.0.0.1/"}), 422)["errors"][0]["field"] == "url"
        assert refused(client.patch(path, json={"secret": "x"}), 422)["errors"][0]["field"] == "secret"
        assert refused(client.patch(path, json=[]), 422)["errors"][0]["field"] == "body"
        assert client.get(path).json()["url"] == f"{URL}/new"

    def test_disabled_it_holds_and_enabled_again_it_is_sent_what_is_recovered(
        self, client, database, store, tenant, sender
    ):
        with serve_web(lambda _: (204, {}, b"")) as receiver:
            path = f"/v1/webhooks/{add(client, url=receiver.url)['id']}"
            finish_one(database, store, tenant)
            assert client.patch(path, json={"enabled": False}).json()["disabled_reason"] == "requested"
            finish_one(database, store, tenant)
            assert [row["state"] for row in deliveries(database)] == ["held", "held"]
            since = {"since": "2026-01-01T00:00:00Z"}
            assert "enable it first" in refused(client.post(f"{path}/recover", json=since), 409)["detail"]
            assert client.patch(path, json={"enabled": True}).json()["disabled_at"] is None
            assert sender.start_due() == 0
            assert client.post(f"{path}/recover", json=since).json() == {"recovered": 2}
            send(database, sender, begun=2)
        assert len(receiver.asked) == 2

    def test_removed_it_is_unknown_and_what_waited_for_it_is_cancelled(self, client, database, store, tenant):
        path = f"/v1/webhooks/{add(client)['id']}"
        finish_one(database, store, tenant)
        assert client.delete(path).status_code == 200
        assert [row["state"] for row in deliveries(database)] == ["cancelled"]
        assert refused(client.delete(path), 404) == refused(client.get(path), 404)
        [delivery] = client.get("/v1/webhook-deliveries").json()["deliveries"]
        assert "removed" in refused(client.post(f"/v1/webhook-deliveries/{delivery['id']}/replay"), 409)["detail"]

    def test_a_rotated_secret_and_the_one_before_it_both_sign(self, client, database, store, tenant, sender):
        with serve_web(lambda _: (204, {}, b"")) as receiver:
            made = add(client, url=receiver.url)
            rotated = client.post(f"/v1/webhooks/{made['id']}/rotate-secret").json()
            until = datetime.fromisoformat(rotated["previous_secret_until"])
            assert timedelta(hours=23) < until - datetime.now(UTC) <= timedelta(hours=24)
            finish_one(database, store, tenant)
            send(database, sender)
        [asked] = receiver.asked
        assert made["secret"] != rotated["secret"]
        for secret in (made["secret"], rotated["secret"]):
            assert Webhook(secret).verify(asked.body, lower(asked.headers))["type"] == "job.done"
        assert "whsec_" not in client.get("/v1/webhooks").text


class TestDeliveries:
    def test_they_are_listed_newest_first_a_page_at_a_time(self, client, database, store, tenant):
        endpoint = add(client)
        ids = [finish_one(database, store, tenant, URL) for _ in range(3)]
        first = client.get("/v1/webhook-deliveries", params={"limit": 4}).json()
        second = client.get("/v1/webhook-deliveries", params={"limit": 4, "cursor": first["next_cursor"]}).json()
        assert [len(first["deliveries"]), len(second["deliveries"]), second["next_cursor"]] == [4, 2, None]
        assert [row["job_id"] for row in first["deliveries"]] == [str(ids[2])] * 2 + [str(ids[1])] * 2
        of_one = client.get(f"/v1/webhooks/{endpoint['id']}/deliveries").json()["deliveries"]
        assert [row["job_id"] for row in of_one] == [str(job_id) for job_id in reversed(ids)]
        assert {row["endpoint_id"] for row in of_one} == {endpoint["id"]}

    def test_filters_choose_by_state_event_and_job(self, client, database, store, tenant):
        add(client, enabled=False)
        job_id = finish_one(database, store, tenant, URL)
        client.post(f"/v1/jobs/{job_id}/review", json={"label": "ai", "reason": "r", "reviewer": "v"})
        finish_one(database, store, tenant)

        def count(**filters):
            return len(client.get("/v1/webhook-deliveries", params=filters).json()["deliveries"])

        assert count() == 5
        assert count(state="held") == 3
        assert count(event="job.reviewed") == 2
        assert count(event="job.reviewed", state="pending") == 1
        assert count(job_id=str(job_id)) == 4
        assert refused(client.get("/v1/webhook-deliveries?state=lost"), 422)["errors"][0]["field"] == "state"

    def test_one_is_read_with_its_body_and_every_attempt(self, client, database, store, tenant, sender):
        with serve_web(lambda _: (500, {}, b"x" * 100_000)) as receiver:
            job_id = finish_one(database, store, tenant, receiver.url)
            send(database, sender)
            make_due(database)
            send(database, sender)
        [listed] = client.get("/v1/webhook-deliveries").json()["deliveries"]
        read = client.get(f"/v1/webhook-deliveries/{listed['id']}").json()
        assert (read["attempts"], read["state"], str(job_id) in read["body"]) == (2, "pending", True)
        assert [(one["attempt"], one["status"], len(one["response"])) for one in read["history"]] == [
            (1, 500, 2048),
            (2, 500, 2048),
        ]
        assert read["message_id"] == lower(receiver.asked[0].headers)["webhook-id"]

    def test_a_replay_is_sent_at_once_under_the_same_id_and_counts_on(self, client, database, store, tenant, sender):
        with serve_web(lambda _: (204, {}, b"")) as receiver:
            finish_one(database, store, tenant, receiver.url)
            send(database, sender)
            [listed] = client.get("/v1/webhook-deliveries").json()["deliveries"]
            path = f"/v1/webhook-deliveries/{listed['id']}"
            assert client.post(f"{path}/replay").json()["state"] == "pending"
            send(database, sender)
        assert len({lower(asked.headers)["webhook-id"] for asked in receiver.asked}) == 1
        read = client.get(path).json()
        assert (read["state"], [one["attempt"] for one in read["history"]]) == ("delivered", [1, 2])

    def test_what_an_erased_job_said_is_not_replayed(self, client, database, store, tenant):
        job_id = finish_one(database, store, tenant, URL)
        client.delete(f"/v1/jobs/{job_id}")
        [listed] = client.get("/v1/webhook-deliveries").json()["deliveries"]
        assert (listed["state"], listed["url"]) == ("cancelled", "")
        assert "erased" in refused(client.post(f"/v1/webhook-deliveries/{listed['id']}/replay"), 409)["detail"]

    def test_recovery_takes_what_was_given_up_since_then_and_no_more(
        self, client, database, store, tenant, monkeypatch
    ):
        monkeypatch.setattr(routes, "RECOVERED_AT_ONCE", 2)
        path = f"/v1/webhooks/{add(client)['id']}"
        other = add(client)
        for _ in range(5):
            finish_one(database, store, tenant)
        with database.transaction() as connection:
            connection.execute("UPDATE deliveries SET state = 'exhausted'")
            connection.execute(
                "UPDATE deliveries SET state = 'delivered' WHERE id = (SELECT id FROM deliveries ORDER BY id LIMIT 1)"
            )
        later = {"since": (datetime.now(UTC) + timedelta(minutes=1)).isoformat()}
        assert client.post(f"{path}/recover", json=later).json() == {"recovered": 0}
        earlier = {"since": (datetime.now(UTC) - timedelta(minutes=5)).isoformat()}
        assert client.post(f"{path}/recover", json=earlier).json() == {"recovered": 4}
        left = [row["state"] for row in deliveries(database) if str(row["endpoint_id"]) == other["id"]]
        assert left == ["exhausted"] * 5
        assert refused(client.post(f"{path}/recover", json={"since": 5}), 422)["errors"][0]["field"] == "since"


def test_another_tenants_webhooks_are_like_none_at_all(client, connect, new_key, database, store, tenant):
    other = make_tenant(database, "other")
    theirs = connect(new_key(tenant_id=other))
    endpoint = add_endpoint(database, tenant, URL)
    finish_one(database, store, tenant)
    [delivery] = deliveries(database)
    unknown = str(uuid4())
    for ask, own in (
        ("GET /v1/webhooks/{}", endpoint["id"]),
        ("PATCH /v1/webhooks/{}", endpoint["id"]),
        ("DELETE /v1/webhooks/{}", endpoint["id"]),
        ("POST /v1/webhooks/{}/rotate-secret", endpoint["id"]),
        ("POST /v1/webhooks/{}/recover", endpoint["id"]),
        ("GET /v1/webhooks/{}/deliveries", endpoint["id"]),
        ("GET /v1/webhook-deliveries/{}", delivery["id"]),
        ("POST /v1/webhook-deliveries/{}/replay", delivery["id"]),
    ):
        options = {"json": {"since": "2026-01-01T00:00:00Z"}} if ask.endswith("recover") else {}
        options = {"json": {"enabled": False}} if ask.startswith("PATCH") else options
        method, path = ask.split()
        answers = [theirs.request(method, path.format(one), **options) for one in (own, unknown)]
        assert [answer.status_code for answer in answers] == [404, 404], ask
        assert answers[0].text.replace(str(own), unknown) == answers[1].text
    assert theirs.get("/v1/webhooks").json() == {"webhooks": []}
    for filters in ({}, {"job_id": str(delivery["job_id"])}, {"state": "pending"}):
        assert theirs.get("/v1/webhook-deliveries", params=filters).json()["deliveries"] == []
    assert client.get(f"/v1/webhooks/{endpoint['id']}").json()["enabled"]
    [after] = deliveries(database)
    assert {**after, "wait": None} == {**delivery, "wait": None}


def test_looking_needs_read_and_changing_needs_submit(connect, new_key):
    one = f"/v1/webhooks/{uuid4()}"
    delivery = f"/v1/webhook-deliveries/{uuid4()}"
    routes = {
        "read": [
            "GET /v1/webhooks",
            f"GET {one}",
            f"GET {one}/deliveries",
            "GET /v1/webhook-deliveries",
            f"GET {delivery}",
        ],
        "submit": [
            "POST /v1/webhooks",
            f"PATCH {one}",
            f"DELETE {one}",
            f"POST {one}/rotate-secret",
            f"POST {one}/recover",
            f"POST {delivery}/replay",
        ],
    }
    for scope, asked in routes.items():
        without, alone = connect(new_key(set(Scope) - {scope})), connect(new_key({scope}))
        for route in asked:
            refusal = without.request(*route.split())
            assert (refusal.status_code, refusal.json().get("scope")) == (403, scope), route
            assert alone.request(*route.split()).status_code not in {401, 403}, route


def test_a_rotated_secret_of_callbacks_keeps_the_old_one_signing(client, database, store, tenant, sender):
    with database.transaction() as connection:
        old = connection.execute("SELECT webhook_secret FROM tenants").fetchone()["webhook_secret"]
    new = client.post(f"/v1/tenants/{tenant}/webhook-secret").json()["webhook_secret"]
    with serve_web(lambda _: (204, {}, b"")) as receiver:
        finish_one(database, store, tenant, receiver.url)
        send(database, sender)
    [asked] = receiver.asked
    for secret in (old, new):
        assert Webhook(secret).verify(asked.body, lower(asked.headers))["type"] == "job.done"
