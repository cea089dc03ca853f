"""Retraining runs over HTTP: asked for, watched, cancelled."""

from uuid import UUID, uuid4

import pytest

from services.retrainer.loop.attendant import Attendant
from shared.domain.retraining import Progress, RunOutcome, RunStage, RunState
from shared.domain.tenant import Scope
from shared.storage import retraining
from shared.storage.retraining import Ending
from tests.integration.small_retrainer import COMMAND
from tests.processes import wait_until


@pytest.fixture
def retrainer(database):
    """Heard of just now."""
    with database.transaction() as connection:
        retraining.note_retrainer(connection, "test", schedule_seconds=None)


def claimed(database):
    with database.transaction() as connection:
        return retraining.claim(connection)


def test_without_a_retrainer_nothing_is_queued_and_the_mend_is_named(client, database):
    answer = client.post("/v1/retraining", json={})
    assert (answer.status_code, answer.json()["type"]) == (409, "urn:jinwi:problem:no-retrainer")
    assert "jinwi[retrainer]" in answer.json()["detail"]
    assert client.get("/v1/retraining").json() == {"runs": [], "next_cursor": None}


def test_a_retrainer_that_was_not_heard_of_for_a_minute_is_none(client, database, retrainer):
    with database.transaction() as connection:
        connection.execute("UPDATE retrainers SET seen_at = now() - interval '61 seconds'")
    assert client.post("/v1/retraining", json={}).status_code == 409


def test_a_run_is_asked_for_as_the_settings_say_or_otherwise(client, retrainer):
    plain = client.post("/v1/retraining", json={})
    assert plain.status_code == 202
    assert plain.headers["Location"] == f"/v1/retraining/{plain.json()['id']}"
    assert {name: plain.json()[name] for name in ("state", "mode", "min_samples", "seed", "scheduled")} == {
        "state": "queued",
        "mode": "head",
        "min_samples": 200,
        "seed": 0,
        "scheduled": False,
    }
    said = client.post("/v1/retraining", json={"mode": "mixed", "min_samples": 0, "seed": 7}).json()
    assert (said["mode"], said["min_samples"], said["seed"]) == ("mixed", 0, 7)
    assert said["waits_for"] == plain.json()["id"]


@pytest.mark.parametrize(
    ("body", "field"),
    [({"mode": "heads"}, "mode"), ({"min_samples": -1}, "min_samples"), ({"seed": "x"}, "seed"), ({"no": 1}, "no")],
)
def test_a_wrong_field_is_named(client, retrainer, body, field):
    answer = client.post("/v1/retraining", json=body)
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == [field]


def test_a_key_sent_again_makes_no_second_run(client, retrainer):
    headers = {"Idempotency-Key": str(uuid4())}
    first, second = (client.post("/v1/retraining", json={"seed": 1}, headers=headers).json() for _ in range(2))
    assert first["id"] == second["id"]
    other = client.post("/v1/retraining", json={"seed": 2}, headers=headers)
    assert (other.status_code, other.json()["type"]) == (422, "urn:jinwi:problem:idempotency-mismatch")
    assert len(client.get("/v1/retraining").json()["runs"]) == 1


def test_a_running_run_says_how_far_it_is(client, database, retrainer):
    asked = client.post("/v1/retraining", json={}).json()
    run = claimed(database)
    progress = Progress(stage=RunStage.TRAIN, done=3, total=40, loss=0.5, eta_seconds=12.0)
    with database.transaction() as connection:
        retraining.beat(connection, run, progress)
    said = client.get(f"/v1/retraining/{asked['id']}").json()
    assert said["state"] == "running"
    assert said["progress"] == {"stage": "train", "done": 3, "total": 40, "loss": 0.5, "eta_seconds": 12.0}


def test_runs_are_listed_newest_first_a_page_at_a_time(client, retrainer):
    ids = [client.post("/v1/retraining", json={}).json()["id"] for _ in range(5)]
    listed, cursor = [], None
    while True:
        page = client.get("/v1/retraining", params={"limit": 2} | ({"cursor": cursor} if cursor else {})).json()
        listed += [run["id"] for run in page["runs"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert listed == ids[::-1]


def test_cancelling_ends_a_queued_run_and_asks_a_running_one(client, database, retrainer):
    running, queued = (client.post("/v1/retraining", json={}).json()["id"] for _ in range(2))
    assert claimed(database).id == UUID(running)
    assert client.post(f"/v1/retraining/{queued}/cancel").json()["state"] == "cancelled"
    asked = client.post(f"/v1/retraining/{running}/cancel").json()
    assert (asked["state"], asked["cancel_requested"]) == ("running", True)
    again = client.post(f"/v1/retraining/{queued}/cancel")
    assert (again.status_code, again.json()["type"]) == (409, "urn:jinwi:problem:conflict")
    assert client.post(f"/v1/retraining/{uuid4()}/cancel").status_code == 404


def test_asking_and_cancelling_are_on_record(client, retrainer):
    run_id = client.post("/v1/retraining", json={}).json()["id"]
    client.post(f"/v1/retraining/{run_id}/cancel")
    acts = client.get("/v1/audit").json()["acts"]
    assert [(act["action"], act["subject"]) for act in acts] == [
        ("retraining.cancelled", run_id),
        ("retraining.asked", run_id),
    ]


def test_a_key_without_the_scope_models_sees_no_run(connect, new_key, retrainer):
    stranger = connect(new_key(set(Scope) - {Scope.MODELS}))
    assert stranger.get("/v1/retraining").status_code == 403


def test_metrics_count_runs_by_outcome_and_say_how_far_the_running_one_is(client, connect, database, retrainer):
    for _ in range(2):
        client.post("/v1/retraining", json={})
    first = claimed(database)
    with database.transaction() as connection:
        ending = Ending(state=RunState.FINISHED, outcome=RunOutcome.REFUSED, detail="worse", judgement={"rulings": []})
        assert retraining.end(connection, first, ending)
    second = claimed(database)
    with database.transaction() as connection:
        retraining.keep(connection, second, RunStage.HARVEST, {"considered": 0}, RunStage.SNAPSHOT)
        retraining.beat(connection, second, Progress(stage=RunStage.TRAIN, done=1, total=4, loss=0.25))
    lines = connect(None).get("/metrics").text.splitlines()
    for line in (
        'jinwi_retraining_runs_total{outcome="refused"} 1.0',
        'jinwi_retraining_runs_total{outcome="published"} 0.0',
        'jinwi_retraining_stage{stage="snapshot"} 1.0',
        "jinwi_retraining_progress_ratio 0.25",
        "jinwi_retraining_loss 0.25",
        "jinwi_retrainers 1.0",
    ):
        assert line in lines


def test_a_run_asked_for_over_http_is_carried_out(client, database, settings, tmp_path, monkeypatch):
    monkeypatch.setenv("JINWI_RETRAINER_DIR", str(tmp_path / "retrainer"))
    attendant = Attendant(database, settings, command=COMMAND)
    attendant.start()
    try:
        wait_until(lambda: client.post("/v1/retraining", json={"min_samples": 3}).status_code == 202)
        attendant.ring()
        wait_until(lambda: client.get("/v1/retraining").json()["runs"][0]["state"] == "finished")
    finally:
        attendant.stop()
    run = client.get("/v1/retraining").json()["runs"][0]
    assert (run["outcome"], run["version"]) == ("published", "9.9.9")
    assert run["harvest"] == {"considered": 5, "admitted": 3, "refused": {"unstable": 2}}
