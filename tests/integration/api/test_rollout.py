"""A version's way into service over HTTP: begun, shown, stopped, frozen, forced."""

import pytest

from shared.domain.lifecycle import VersionState
from shared.domain.tenant import Scope
from shared.storage import comparisons, lifecycle, models
from shared.storage.comparisons import Compared
from shared.storage.lifecycle import Cause
from tests.integration.factories import finish_one
from tests.models import brightness

MODELS = "/v1/models"
OWN = "100.0.0"


@pytest.fixture
def own(database, store, shipped, tmp_path):
    """A version of one's own beside the shipped champion."""
    models.register(database, store, brightness(tmp_path / OWN, OWN), origin="imported")
    return OWN


def problem(answer) -> str:
    return answer.json()["type"].rpartition(":")[2]


def acts(client) -> list[tuple]:
    return [(act["action"], act["subject"]) for act in client.get("/v1/audit").json()["acts"] if act["key_id"]]


def test_a_rollout_is_begun_shown_and_stopped(client, own, shipped):
    begun = client.post(f"{MODELS}/{own}/rollout", json={"why": "a try"})
    assert (begun.status_code, begun.json()["state"], begun.json()["automatic"]) == (200, "shadow", True)
    assert client.get(f"{MODELS}/challenger").json()["version"] == own
    assert client.get(f"{MODELS}/challenger/rollout").json() == begun.json()
    stopped = client.delete(f"{MODELS}/challenger/rollout").json()
    assert stopped["state"] == "stopped"
    assert [(move["after"], move["why"]) for move in stopped["moves"]] == [
        ("stopped", "stopped by hand"),
        ("shadow", "a try"),
    ]
    assert acts(client) == [("model.stopped", own), ("model.shadowed", own)]
    assert client.get(f"{MODELS}/champion").json()["version"] == shipped


def test_its_figures_are_shown(client, own, shipped, database, store, tenant):
    client.post(f"{MODELS}/{own}/rollout")
    job_id = finish_one(database, store, tenant)
    with database.transaction() as connection:
        one = Compared(
            challenger=own,
            phase=VersionState.SHADOW,
            job_id=job_id,
            score=0.9,
            verdict="likely_ai",
            champion=shipped,
            champion_score=0.1,
            champion_verdict="likely_human",
        )
        comparisons.add(connection, [one])
    shown = client.get(f"{MODELS}/{own}/rollout").json()
    assert (shown["shadow"]["n"], shown["shadow"]["human_to_ai"], shown["canary"]["n"]) == (1, 1.0, 0)
    assert shown["shadow"]["changes"] == [{"before": "likely_human", "after": "likely_ai", "n": 1}]


def test_the_champion_is_not_tried_and_what_is_not_tried_is_not_stopped(client, own, shipped):
    assert problem(client.post(f"{MODELS}/{shipped}/rollout")) == "conflict"
    assert problem(client.delete(f"{MODELS}/{own}/rollout")) == "conflict"
    for answer in (client.get, client.post, client.delete):
        assert answer(f"{MODELS}/99.0.0/rollout").status_code == 404


def test_a_stopped_version_is_promoted_by_force_and_with_a_reason_only(client, own):
    client.post(f"{MODELS}/{own}/rollout")
    client.delete(f"{MODELS}/{own}/rollout")
    refused = client.post(f"{MODELS}/{own}/promote")
    assert (refused.status_code, problem(refused)) == (409, "conflict")
    assert "`force`" in refused.json()["detail"]
    silent = client.post(f"{MODELS}/{own}/promote", json={"force": True})
    assert [error["field"] for error in silent.json()["errors"]] == ["why"]
    forced = client.post(f"{MODELS}/{own}/promote", json={"force": True, "why": "the limit was wrong"})
    assert (forced.status_code, forced.json()["state"]) == (200, "champion")
    latest = client.get("/v1/audit").json()["acts"][0]
    assert (latest["action"], latest["details"]["why"]) == ("model.promoted", "the limit was wrong")


def test_frozen_versions_are_said_to_be_and_people_still_promote(client, own, database):
    frozen = client.post(f"{MODELS}/freeze", json={"why": "a fair week"}).json()
    assert (frozen["frozen"], frozen["why"]) == (True, "a fair week")
    assert client.get(MODELS).json()["frozen"] is True
    client.post(f"{MODELS}/{own}/rollout")
    with database.transaction() as connection:
        cause = Cause(why="a test")
        assert lifecycle.advance(connection, own, VersionState.CANARY, cause, automatic=True) is None
    assert client.post(f"{MODELS}/{own}/promote").status_code == 200
    assert client.post(f"{MODELS}/unfreeze").json()["frozen"] is False
    assert acts(client)[0][0] == "models.unfrozen"


def test_metrics_show_states_moves_and_the_freeze(client, own, shipped):
    client.post(f"{MODELS}/{own}/rollout")
    client.delete(f"{MODELS}/{own}/rollout")
    client.post(f"{MODELS}/freeze")
    shown = client.get("/metrics").text
    assert f'jinwi_model_state{{state="champion",version="{shipped}"}} 1.0' in shown
    assert 'jinwi_model_moves_total{by="key",state="stopped"} 1.0' in shown
    assert "jinwi_models_frozen 1.0" in shown


def test_a_key_without_the_scope_changes_nothing(connect, new_key, own):
    client = connect(new_key(set(Scope) - {Scope.MODELS}))
    answers = [
        client.post(f"{MODELS}/freeze"),
        client.post(f"{MODELS}/unfreeze"),
        client.post(f"{MODELS}/{own}/rollout"),
        client.delete(f"{MODELS}/{own}/rollout"),
    ]
    assert [answer.json()["scope"] for answer in answers] == ["models"] * 4
