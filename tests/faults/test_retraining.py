"""The retrainer killed in the middle of each stage of a real run: taken up again, and nothing half-published."""

import hashlib
import io
import subprocess
import sys
import time
from uuid import UUID

import psycopg
import pytest

from shared import pem
from shared.domain.labels import Label
from shared.domain.retraining import Mode, RunOutcome, RunStage, RunState
from shared.scoring.manifest import read_verified
from shared.storage import gold, lifecycle, models, retraining
from shared.storage.db import connection_string
from shared.storage.gold import NewGold
from shared.storage.retraining import Order
from tests.integration.factories import make_tenant
from tests.integration.retraining import lend, lender

pytest.importorskip("torch")

from tests.retrained import OWNERS, VERSION, champion, picture

COMMAND = (sys.executable, "-m", "services.retrainer.loop.once", "attended")


@pytest.fixture(scope="session")
def brought(tmp_path_factory):
    return champion(tmp_path_factory.mktemp("champion"))


@pytest.fixture
def settings(settings, tmp_path, monkeypatch):
    private, public = tmp_path / "model_key.pem", tmp_path / "model_key.pub"
    pem.make_key_pair(private, public)
    environment = {
        "JINWI_MODEL_SIGNING_KEY": private,
        "JINWI_MODEL_PUBLIC_KEY": public,
        "JINWI_RETRAINER_DIR": tmp_path / "retrainer",
        "JINWI_HARVEST_SHARE": 1,
        "JINWI_HARVEST_QUARANTINE_DAYS": 0,
        "JINWI_HARVEST_RULE": "confident",
        "OMP_NUM_THREADS": 1,
    }
    for name, value in environment.items():
        monkeypatch.setenv(name, str(value))
    return settings


@pytest.fixture
def run(database, store, settings, brought):
    """A run that has something to learn from, asked for."""
    models.register(database, store, brought, origin="imported")
    lent = lender(database)
    for seed in range(4):
        lend(database, store, lent, picture(seed % 2, 7000 + seed), score=0.98 if seed % 2 else 0.02)
    with database.transaction() as connection:
        lifecycle.promote(connection, VERSION, by=None, why="the champion of this test")
        key = connection.execute(
            "INSERT INTO keys (tenant_id, name, hash, scopes) VALUES (%s, 'k', '\\x00', '{}') RETURNING id",
            [make_tenant(database, "operator")],
        ).fetchone()["id"]
    for seed in range(300, 312):
        for label in (0, 1):
            add_gold(database, store, label, seed, key)
    with database.transaction() as connection:
        return retraining.ask(connection, Order(mode=Mode.HEAD, min_samples=1, seed=5), by=None)


def add_gold(database, store, label, seed, key):
    data = picture(label, seed)
    new = NewGold(
        sha256=hashlib.sha256(data).digest(),
        label=(Label.HUMAN, Label.AI)[label],
        owner=f"own-{label}-{seed % OWNERS}",
        kind="",
        bytes=len(data),
        format="png",
        width=96,
        height=96,
    )
    with database.transaction() as connection:
        gold.add(connection, store, new, io.BytesIO(data), guard_share=0.0, by=key)


def kill_in(stage: RunStage, settings, run_id: UUID) -> None:
    """Start the process of the run and SIGKILL it as soon as its row says that it is in `stage`."""
    process = subprocess.Popen(COMMAND, stdin=subprocess.PIPE)
    deadline = time.monotonic() + 120
    with psycopg.connect(connection_string(settings), autocommit=True) as connection:
        while True:
            state, now = connection.execute(
                "SELECT state, stage FROM retraining_runs WHERE id = %s", [run_id]
            ).fetchone()
            if (state, now) == ("running", stage):
                break
            assert process.poll() is None, f"it ended before {stage}"
            assert time.monotonic() < deadline
    process.kill()
    process.wait()
    process.stdin.close()


def finish() -> None:
    process = subprocess.Popen(COMMAND, stdin=subprocess.PIPE)
    assert process.wait(120) == 0
    process.stdin.close()


def read(database, run):
    with database.transaction() as connection:
        return retraining.get(connection, run.id)


def check_published(database, store, run, into):
    """One version, whole, signed, on its way; and nothing else."""
    ended = read(database, run)
    assert (ended.state, ended.outcome) == (RunState.FINISHED, RunOutcome.PUBLISHED), ended
    with database.transaction() as connection:
        versions = {row["version"]: row for row in models.all_versions(connection)}
        moves = connection.execute("SELECT * FROM model_moves WHERE version = %s", [ended.version]).fetchall()
        taken = connection.execute("SELECT count(*) AS n FROM snapshots").fetchone()["n"]
        judged = connection.execute("SELECT count(*) AS n FROM ledger").fetchone()["n"]
    assert set(versions) == {VERSION, ended.version}
    assert versions[ended.version]["run_id"] == run.id
    assert len(moves) == 1
    assert (taken, judged) == (1, 4)
    assert ended.harvest["considered"] == 4
    into.mkdir()
    store.get_model(ended.version, into)
    return read_verified(into)


@pytest.mark.long
@pytest.mark.parametrize("stage", RunStage)
def test_the_retrainer_is_killed_in_a_stage(stage, database, store, settings, run, tmp_path):
    kill_in(stage, settings, run.id)
    halfway = read(database, run)
    assert (halfway.state, halfway.stage) == (RunState.RUNNING, stage)
    with database.transaction() as connection:
        assert [row["version"] for row in models.all_versions(connection)] == [VERSION]
    finish()
    check_published(database, store, run, tmp_path / "published")


@pytest.mark.long
def test_the_retrainer_is_killed_in_every_stage_and_the_weights_are_those_of_a_run_that_was_not(
    database, store, settings, run, tmp_path
):
    for stage in RunStage:
        kill_in(stage, settings, run.id)
    finish()
    killed = check_published(database, store, run, tmp_path / "killed")
    with database.transaction() as connection:
        connection.execute("UPDATE retraining_runs SET judgement = NULL WHERE id = %s", [run.id])
        lifecycle.promote(connection, VERSION, by=None, why="back to the first")
        other = retraining.ask(connection, Order(mode=Mode.HEAD, min_samples=1, seed=5), by=None)
    finish()
    whole = read(database, other)
    assert whole.outcome is RunOutcome.PUBLISHED, whole
    (tmp_path / "whole").mkdir()
    store.get_model(whole.version, tmp_path / "whole")
    assert read_verified(tmp_path / "whole")["model.safetensors"] == killed["model.safetensors"]
