"""What administrators do leaves a row, in the transaction that does it, and no secret."""

import hashlib
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import psycopg
import pytest

from shared.domain.audit import Action
from shared.domain.tenant import Scope
from shared.storage import audit, retraining
from tests.integration.factories import picture
from tests.integration.retraining import draw, lend, lender, waiting
from tests.models import copy_of_shipped

ADMINISTRATIVE = {Scope.ADMIN, Scope.MODELS, Scope.LABEL}


def acts(client, **filters) -> list[dict]:
    answer = client.get("/v1/audit", params=filters)
    assert answer.status_code == 200, answer.text
    return answer.json()["acts"]


def upload(client, directory):
    files = {path.name: (path.name, path.read_bytes()) for path in directory.iterdir()}
    return client.post("/v1/models", files=files)


@pytest.fixture
def ways(client, tenant, tmp_path, shipped, database, store):  # noqa: C901 - a table of ways
    """For each administrative route a way to go it: the calls, the acts that they leave, and the subjects of these."""

    def key():
        return client.post("/v1/keys", json={"name": "k", "scopes": ["read"]})

    def revoke():
        made = key().json()["id"]
        return client.delete(f"/v1/keys/{made}")

    def roll_back():
        client.post("/v1/models/7.0.0/promote")
        return client.post("/v1/models/rollback")

    def import_model():
        return upload(client, copy_of_shipped(tmp_path / "7.0.0", "7.0.0"))

    def remove_model():
        upload(client, copy_of_shipped(tmp_path / "7.2.0", "7.2.0"))
        return client.delete("/v1/models/7.2.0", params={"why": "never served"})

    def freeze(how):
        return lambda: client.post(f"/v1/models/{how}", json={"why": "a fair week"})

    def begin(version):
        return lambda: client.post(f"/v1/models/{version}/rollout")

    def begin_another():
        """It sets the first aside; what is asked for stands last."""
        upload(client, copy_of_shipped(tmp_path / "7.1.0", "7.1.0"))
        return begin("7.1.0")()

    def stop():
        return client.delete("/v1/models/challenger/rollout")

    def pause(paused):
        return lambda: client.put("/v1/lanes/bulk", json={"paused": paused})

    def label():
        lend(database, store, lender(database))
        draw(database)
        [check] = waiting(database).values()
        return client.post(f"/v1/spot-checks/{check}", json={"label": "ai", "reason": "the hands"})

    def add_gold():
        form = {"label": "human", "owner": "kim"}
        return client.post("/v1/gold", data=form, files={"image": ("1.png", picture())})

    def remove_gold():
        return client.delete(f"/v1/gold/{hashlib.sha256(picture()).hexdigest()}")

    def retrain():
        with database.transaction() as connection:
            retraining.note_retrainer(connection, "retrainer", schedule_seconds=None)
        return client.post("/v1/retraining", json={})

    def cancel():
        [run] = client.get("/v1/retraining").json()["runs"]
        return client.post(f"/v1/retraining/{run['id']}/cancel")

    path = f"/v1/tenants/{tenant}"
    return {
        "POST /v1/gold": [(add_gold, Action.GOLD_ADDED)],
        "DELETE /v1/gold/{sha256}": [(remove_gold, Action.GOLD_REMOVED)],
        "POST /v1/retraining": [(retrain, Action.RETRAINING_ASKED)],
        "POST /v1/retraining/{run_id}/cancel": [(cancel, Action.RETRAINING_CANCELLED)],
        "POST /v1/spot-checks/{check_id}": [(label, Action.SPOT_CHECK_LABELLED)],
        "POST /v1/tenants": [(lambda: client.post("/v1/tenants", json={"name": "desk"}), Action.TENANT_CREATED)],
        "PATCH /v1/tenants/{tenant_id}": [
            (lambda: client.patch(path, json={"submissions_per_day": 9}), Action.TENANT_LIMITS_CHANGED)
        ],
        "POST /v1/tenants/{tenant_id}/webhook-secret": [
            (lambda: client.post(f"{path}/webhook-secret"), Action.TENANT_SECRET_ROTATED)
        ],
        "POST /v1/keys": [(key, Action.KEY_CREATED)],
        "DELETE /v1/keys/{key_id}": [(revoke, Action.KEY_REVOKED)],
        "PATCH /v1/policy": [
            (lambda: client.patch("/v1/policy", json={"retention_days": 9}), Action.POLICY_CHANGED),
        ],
        "POST /v1/models": [(import_model, Action.MODEL_IMPORTED)],
        "POST /v1/models/{version}/promote": [(lambda: client.post("/v1/models/7.0.0/promote"), Action.MODEL_PROMOTED)],
        "POST /v1/models/rollback": [(roll_back, Action.MODEL_ROLLED_BACK)],
        "POST /v1/models/{version}/rollout": [
            (begin("7.0.0"), Action.MODEL_SHADOWED),
            (begin_another, Action.MODEL_SHADOWED),
        ],
        "DELETE /v1/models/{version}/rollout": [(stop, Action.MODEL_STOPPED)],
        "DELETE /v1/models/{version}": [(remove_model, Action.MODEL_REMOVED)],
        "POST /v1/models/freeze": [(freeze("freeze"), Action.MODELS_FROZEN)],
        "POST /v1/models/unfreeze": [(freeze("unfreeze"), Action.MODELS_UNFROZEN)],
        "PUT /v1/lanes/{lane}": [(pause(paused=True), Action.LANE_PAUSED), (pause(paused=False), Action.LANE_RESUMED)],
    }


def administrative(document) -> set[str]:
    """Routes that change something and need a scope that is no tenant's."""
    return {
        f"{method.upper()} {path}"
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
        if method != "get" and ADMINISTRATIVE & set(operation.get("security", [{"key": []}])[0]["key"])
    }


def test_every_administrative_act_leaves_one_row_and_no_secret(client, connect, ways, database):
    missing = administrative(connect.app.openapi()) ^ set(ways)
    assert not missing, f"{missing}: say in `ways` how the route is gone and which act it leaves"
    me = acts(client)[0]["key_id"] if acts(client) else None
    secrets = []
    for route, steps in ways.items():
        for go, action in steps:
            answer = go()
            assert answer.is_success, (route, answer.text)
            newest, *_ = acts(client, limit=1)
            assert newest["action"] == action, route
            assert newest["subject"], route
            me = me or newest["key_id"]
            assert newest["key_id"] == me
            secrets += [value for name, value in answer.json().items() if name in {"key", "webhook_secret"}]
    # A canary begins by itself.
    assert {act["action"] for act in acts(client)} == set(Action) - {Action.MODEL_CANARIED}
    assert len(secrets) == 3
    with database.transaction() as connection:
        kept = str(connection.execute("SELECT array_agg(a::text) AS rows FROM audit_log a").fetchone()["rows"])
    assert not [secret for secret in secrets if secret in kept]


def test_an_act_names_whom_it_was_done_for_and_what_was_changed(client, tenant):
    client.patch(f"/v1/tenants/{tenant}", json={"requests_per_minute": 7})
    (act,) = acts(client)
    assert act["tenant_id"] == act["subject"] == str(tenant)
    assert act["details"] == {"requests_per_minute": 7}
    assert datetime.fromisoformat(act["at"]).tzinfo is not None


def test_what_was_refused_leaves_no_row(client):
    for answer in (
        client.post("/v1/keys", json={"name": "k", "scopes": ["read"], "tenant_id": str(uuid4())}),
        client.delete(f"/v1/keys/{uuid4()}"),
        client.patch(f"/v1/tenants/{uuid4()}", json={}),
        client.post("/v1/models/9.9.9/promote"),
        client.post("/v1/models/rollback"),
        client.patch("/v1/policy", json={"retention_days": 0}),
    ):
        assert answer.is_client_error
    assert acts(client) == []


def test_the_log_is_read_in_pages_and_by_action_key_and_time(client, connect, new_key):
    other = connect(new_key({Scope.ADMIN}))
    for paused in (True, False, True):
        client.put("/v1/lanes/bulk", json={"paused": paused})
    other.put("/v1/lanes/bulk", json={"paused": False})
    everything = acts(client)
    assert [act["action"] for act in everything] == ["lane.resumed", "lane.paused", "lane.resumed", "lane.paused"]
    first = client.get("/v1/audit", params={"limit": 3}).json()
    rest = client.get("/v1/audit", params={"limit": 3, "cursor": first["next_cursor"]}).json()
    assert (first["acts"] + rest["acts"], rest["next_cursor"]) == (everything, None)
    assert acts(client, action="lane.paused") == [everything[1], everything[3]]
    assert acts(client, key_id=everything[0]["key_id"]) == everything[:1]
    since = (datetime.now(UTC) + timedelta(minutes=1)).isoformat()
    assert acts(client, since=since) == []
    assert acts(client, since=everything[-1]["at"]) == everything
    assert client.get("/v1/audit", params={"action": "nothing"}).status_code == 422


def test_an_act_that_cannot_be_noted_is_not_done(client, database, monkeypatch):
    def fail(*_, **__):
        raise RuntimeError("no room")

    monkeypatch.setattr(audit, "record", fail)
    assert client.put("/v1/lanes/bulk", json={"paused": True}).status_code == 500
    assert client.post("/v1/tenants", json={"name": "desk"}).status_code == 500
    assert not any(lane["paused"] for lane in client.get("/v1/lanes").json()["lanes"])
    assert [tenant["name"] for tenant in client.get("/v1/tenants").json()["tenants"]] == ["tenant"]


@pytest.mark.parametrize(
    "statement", ["UPDATE audit_log SET subject = ''", "DELETE FROM audit_log", "TRUNCATE audit_log"]
)
def test_a_row_is_never_changed_or_removed(client, database, statement):
    client.put("/v1/lanes/bulk", json={"paused": True})
    with pytest.raises(psycopg.errors.CheckViolation, match="append-only"), database.transaction() as connection:
        connection.execute(statement)
    assert len(acts(client)) == 1
