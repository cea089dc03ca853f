from uuid import uuid4

import pytest
from structlog.contextvars import merge_contextvars
from structlog.testing import capture_logs

from shared.domain.tenant import is_well_formed
from tests.integration.factories import make_tenant, picture


def fields(answer) -> set[str]:
    assert answer.status_code == 422, answer.text
    return {error["field"] for error in answer.json()["errors"]}


class TestTenants:
    def test_a_tenant_is_made_with_a_secret_that_is_shown_once(self, client):
        made = client.post("/v1/tenants", json={"name": "news-desk"})
        assert made.status_code == 201
        assert made.json()["webhook_secret"].startswith("whsec_")
        listed = client.get("/v1/tenants")
        assert "news-desk" in [tenant["name"] for tenant in listed.json()["tenants"]]
        assert "whsec_" not in listed.text

    def test_a_name_is_given_once(self, client):
        client.post("/v1/tenants", json={"name": "news-desk"})
        assert client.post("/v1/tenants", json={"name": "news-desk"}).status_code == 409

    def test_a_rotated_webhook_secret_is_another_and_shown_once(self, client, database):
        made = client.post("/v1/tenants", json={"name": "news-desk"}).json()
        rotated = client.post(f"/v1/tenants/{made['id']}/webhook-secret")
        assert rotated.status_code == 200
        assert rotated.json()["webhook_secret"] != made["webhook_secret"]
        with database.transaction() as connection:
            row = connection.execute("SELECT webhook_secret FROM tenants WHERE id = %s", (made["id"],)).fetchone()
        assert row["webhook_secret"] == rotated.json()["webhook_secret"]
        assert client.post(f"/v1/tenants/{uuid4()}/webhook-secret").status_code == 404

    def test_a_new_tenant_has_the_default_policy_and_its_keys_work(self, client, connect):
        tenant_id = client.post("/v1/tenants", json={"name": "news-desk"}).json()["id"]
        made = client.post("/v1/keys", json={"name": "k", "scopes": ["submit", "read"], "tenant_id": tenant_id}).json()
        theirs = connect(made["key"])
        assert theirs.get("/v1/policy").json()["version"] == 1
        assert theirs.upload(picture()).status_code == 202
        assert client.get("/v1/jobs").json()["jobs"] == []


class TestKeys:
    def test_a_key_is_shown_once_and_works_until_it_is_revoked(self, client, connect):
        made = client.post("/v1/keys", json={"name": "pipeline", "scopes": ["read", "submit", "read"]})
        assert made.status_code == 201
        key = made.json()["key"]
        assert is_well_formed(key)
        assert made.json()["scopes"] == ["read", "submit"]
        assert key not in client.get("/v1/keys").text
        theirs = connect(key)
        assert theirs.get("/v1/jobs").status_code == 200
        revoked = client.delete(f"/v1/keys/{made.json()['id']}")
        assert revoked.json()["revoked_at"] is not None
        assert theirs.get("/v1/jobs").status_code == 401
        assert client.delete(f"/v1/keys/{made.json()['id']}").json() == revoked.json()

    def test_what_cannot_be_a_key_is_refused_by_name(self, client):
        assert fields(client.post("/v1/keys", json={"name": "a\n", "scopes": []})) == {"name", "scopes"}
        assert fields(client.post("/v1/keys", json={"name": "k", "scopes": ["root"]})) == {"scopes.0"}
        unknown = {"name": "k", "scopes": ["read"], "tenant_id": str(uuid4())}
        assert fields(client.post("/v1/keys", json=unknown)) == {"tenant_id"}
        assert client.delete(f"/v1/keys/{uuid4()}").status_code == 404

    def test_another_tenants_keys_are_listed_by_its_id(self, client, database):
        other = str(make_tenant(database, "other"))
        client.post("/v1/keys", json={"name": "theirs", "scopes": ["read"], "tenant_id": other})
        assert [key["name"] for key in client.get("/v1/keys", params={"tenant_id": other}).json()["keys"]] == ["theirs"]
        assert "theirs" not in client.get("/v1/keys").text


def test_what_a_key_did_is_logged_with_its_id_and_the_next_request_with_its_own(client, connect):
    admin = client.post("/v1/keys", json={"name": "k", "scopes": ["admin"]}).json()
    with capture_logs(processors=[merge_contextvars]) as lines:
        connect(admin["key"]).put("/v1/lanes/bulk", json={"paused": False})
        client.delete(f"/v1/keys/{admin['id']}")
    changed, revoked = lines
    assert (changed["event"], changed["key_id"]) == ("lane_changed", admin["id"])
    assert (revoked["event"], revoked["revoked_key_id"]) == ("key_revoked", admin["id"])
    assert revoked["key_id"] not in {None, admin["id"]}


def test_what_is_given_twice_in_a_query_is_refused_once_the_key_was_accepted(client, connect):
    one = f"tenant_id={uuid4()}"
    for route in (
        "GET /v1/jobs?limit=1&limit=2",
        *(f"{ask}?{one}&{one}" for ask in ("GET /v1/keys", "GET /v1/policy")),
    ):
        assert client.request(*route.split()).json()["detail"].endswith("is given twice"), route
        assert connect(None).request(*route.split()).status_code == 401, route
    assert fields(client.patch(f"/v1/policy?{one}&{one}", json={})) == {"tenant_id"}


def test_a_lane_is_not_paused_by_a_text(client):
    answer = client.put("/v1/lanes/bulk", json={"paused": "yes"})
    assert fields(answer) == {"paused"}
    assert answer.json()["detail"] == "paused: must be true or false"
    assert not any(lane["paused"] for lane in client.get("/v1/lanes").json()["lanes"])


def test_a_path_that_names_nothing_is_refused_in_plain_words(client):
    assert client.get("/v1/jobs/7").json()["detail"] == "job_id: is not a UUID"
    assert client.put("/v1/lanes/fast", json={}).json()["errors"] == [
        {"field": "lane", "message": "must be 'interactive' or 'bulk'"},
        {"field": "paused", "message": "is missing"},
    ]
    assert client.get("/v1/models/A").json()["detail"] == "version: is not a version, as in 1.2.0, or an alias"


class TestPolicy:
    def test_a_patch_changes_what_it_names_and_makes_a_version(self, client):
        before = client.get("/v1/policy")
        assert before.headers["ETag"] == '"1"'
        after = client.patch("/v1/policy", json={"thresholds": {"likely_ai": 0.95}, "retention_days": 90})
        assert after.json() == before.json() | {
            "version": 2,
            "thresholds": {"likely_human": 0.2, "likely_ai": 0.95},
            "retention_days": 90,
        }
        assert after.headers["ETag"] == '"2"'
        assert client.get("/v1/policy").json() == after.json()
        merged = client.patch("/v1/policy", json={"thresholds": {"likely_human": 0.1}}).json()
        assert merged["thresholds"] == {"likely_human": 0.1, "likely_ai": 0.95}

    @pytest.mark.parametrize("pin", [None, "0.2.0"])
    @pytest.mark.parametrize(("named", "other"), [("likely_ai", "likely_human"), ("likely_human", "likely_ai")])
    def test_a_threshold_that_is_not_named_is_that_of_the_version_which_scores(
        self, client, shipped, pin, named, other
    ):
        card = client.get(f"/v1/models/{pin or shipped}").json()["card"]["thresholds"]
        patch = {"model": pin, "thresholds": {named: 0.5, other: None}}
        assert client.patch("/v1/policy", json=patch).json()["thresholds"] == {named: 0.5, other: card[other]}

    def test_null_sets_back_to_the_default(self, client):
        client.patch("/v1/policy", json={"thresholds": {"likely_ai": 0.95}, "evidence": "full", "retention_days": 1})
        back = client.patch("/v1/policy", json={"thresholds": None, "evidence": None, "retention_days": None}).json()
        assert (back["thresholds"], back["evidence"], back["retention_days"]) == (None, "basic", None)

    def test_the_cap_on_a_kinds_record_is_a_share_of_a_tenth_unless_it_is_set(self, client):
        assert client.get("/v1/policy").json()["domain_cap"] == 0.1
        changed = client.patch("/v1/policy", json={"domain_cap": 0.25}).json()
        assert (changed["version"], changed["domain_cap"]) == (2, 0.25)
        [act] = client.get("/v1/audit", params={"action": "policy.changed"}).json()["acts"]
        assert act["details"]["domain_cap"] == 0.25
        assert client.patch("/v1/policy", json={"domain_cap": None}).json()["domain_cap"] == 0.1
        refused = client.patch("/v1/policy", json={"domain_cap": 10})
        assert refused.json()["errors"] == [{"field": "domain_cap", "message": "must be 1.0 or less"}]

    def test_a_patch_that_changes_nothing_makes_no_version(self, client):
        assert client.patch("/v1/policy", json={"evidence": "basic"}).json()["version"] == 1

    def test_a_stale_patch_is_refused(self, client):
        first = client.patch("/v1/policy", json={"evidence": "full"}, headers={"If-Match": '"1"'})
        second = client.patch("/v1/policy", json={"allow_training": True}, headers={"If-Match": '"1"'})
        assert (first.status_code, second.status_code) == (200, 412)
        assert client.get("/v1/policy").json()["allow_training"] is False

    def test_a_patch_that_is_wrong_and_stale_is_refused_for_what_is_wrong(self, client):
        assert fields(client.patch("/v1/policy", json={"retention_days": 0}, headers={"If-Match": '"7"'})) == {
            "retention_days"
        }

    def test_the_policy_of_a_tenant_that_is_not_there_is_not_found(self, client):
        nobodys = {"tenant_id": str(uuid4())}
        assert client.get("/v1/policy", params=nobodys).status_code == 404
        assert client.patch("/v1/policy", params=nobodys, json={}).status_code == 404

    def test_a_pinned_model_must_exist(self, client, shipped):
        assert fields(client.patch("/v1/policy", json={"model": "99.0.0"})) == {"model"}
        assert client.patch("/v1/policy", json={"model": shipped}).json()["model"] == shipped

    def test_what_makes_no_policy_is_refused_by_name_and_changes_nothing(self, client):
        refused = [
            ({"thresholds": {"likely_human": 0.9}}, {"thresholds"}),
            ({"thresholds": {"likely_ai": 2}}, {"thresholds.likely_ai"}),
            ({"thresholds": {"other": 1}}, {"thresholds.other"}),
            ({"thresholds": 1}, {"thresholds"}),
            ({"retention_days": 0, "evidence": "all"}, {"retention_days", "evidence"}),
            ({"version": 7}, {"version"}),
            ({"domain_cap": 1.01}, {"domain_cap"}),
            ({"domain_cap": -0.1}, {"domain_cap"}),
            ({"domain_cap": "0.1"}, {"domain_cap"}),
            ([], {"body"}),
        ]
        assert [fields(client.patch("/v1/policy", json=patch)) for patch, _ in refused] == [
            named for _, named in refused
        ]
        assert client.get("/v1/policy").json()["version"] == 1

    def test_another_tenants_policy_is_the_operators(self, client, connect, new_key, database):
        other = {"tenant_id": str(make_tenant(database, "other"))}
        assert client.patch("/v1/policy", params=other, json={"evidence": "full"}).json()["evidence"] == "full"
        assert client.get("/v1/policy").json()["evidence"] == "basic"
        assert client.get("/v1/policy", params=other).json()["evidence"] == "full"
        assert connect(new_key({"read"})).get("/v1/policy", params=other).status_code == 403


def test_a_model_is_read_by_version_or_alias_with_its_card(client, shipped):
    by_alias = client.get("/v1/models/champion").json()
    assert by_alias == client.get(f"/v1/models/{shipped}").json()
    assert by_alias in client.get("/v1/models").json()["models"]
    assert (by_alias["version"], by_alias["origin"]) == (shipped, "shipped")
    assert by_alias["card"]["version"] == shipped
    assert len(bytes.fromhex(by_alias["sha256"])) == 32
    assert client.get("/v1/models/99.0.0").status_code == 404
    assert client.get("/v1/models/%00").status_code == 422


def test_a_lane_is_paused_and_resumed(client):
    assert client.put("/v1/lanes/bulk", json={"paused": True}).json() == {"lane": "bulk", "paused": True}
    lanes = {lane["lane"]: lane["paused"] for lane in client.get("/v1/lanes").json()["lanes"]}
    assert lanes == {"interactive": False, "bulk": True}
    assert client.post("/v1/jobs", json={"url": "https://example.com/a", "lane": "bulk"}).status_code == 202
    assert client.put("/v1/lanes/bulk", json={"paused": False}).json()["paused"] is False
    assert client.put("/v1/lanes/fast", json={"paused": True}).status_code == 422
