"""A real run is struck in the middle of its stages: it is taken up again, and nothing is half-published."""

import hashlib
import io
import os
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit
from uuid import UUID

import psycopg
import pytest

from shared import config, pem
from shared.domain.labels import Label
from shared.domain.retraining import Mode, RunFailure, RunOutcome, RunStage, RunState
from shared.scoring.manifest import read_verified
from shared.storage import gold, lifecycle, models, retraining
from shared.storage.db import connection_string
from shared.storage.gold import NewGold
from shared.storage.retraining import Order
from tests.faults.conftest import readable
from tests.faults.disk import enlarge, small_disk
from tests.faults.line import line_to
from tests.faults.table import RETRAINER
from tests.faults.trial import append
from tests.integration.factories import make_tenant
from tests.integration.retraining import lend, lender

pytest.importorskip("torch")

from services.retrainer.loop.once import PUT_BACK
from tests.processes import wait_until
from tests.retrained import OWNERS, VERSION, champion, picture

COMMAND = (sys.executable, "-m", "services.retrainer.loop.once", "attended")

PATIENCE = 120
"""Seconds."""


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


def start(**environment) -> subprocess.Popen:
    """The process of the run, as the retrainer starts it."""
    return subprocess.Popen(COMMAND, stdin=subprocess.PIPE, env=os.environ | environment)


def await_stage(stage: RunStage, settings, run_id: UUID, process: subprocess.Popen) -> None:
    """Until the row of the run says that it is in `stage`."""
    deadline = time.monotonic() + PATIENCE
    with psycopg.connect(connection_string(settings), autocommit=True) as connection:
        while True:
            state, now = connection.execute(
                "SELECT state, stage FROM retraining_runs WHERE id = %s", [run_id]
            ).fetchone()
            if (state, now) == ("running", stage):
                return
            assert process.poll() is None, f"it ended before {stage}"
            assert time.monotonic() < deadline


def end(process: subprocess.Popen) -> int:
    """The exit code of the process, once it has ended by itself."""
    code = process.wait(PATIENCE)
    process.stdin.close()
    return code


def kill_in(stage: RunStage, settings, run_id: UUID) -> None:
    """SIGKILL the process of the run as soon as its row says that it is in `stage`."""
    process = start()
    await_stage(stage, settings, run_id, process)
    process.kill()
    end(process)


def finish(**environment) -> None:
    """Go on with the run as the retrainer does: again and again, while it is put back."""
    deadline = time.monotonic() + PATIENCE
    while end(start(**environment)) == PUT_BACK:
        assert time.monotonic() < deadline


def read(database, run):
    with database.transaction() as connection:
        return retraining.get(connection, run.id)


def check_published(database, store, run, into, *, snapshots=1):
    """One version, whole, signed, on its way; and nothing else."""
    ended = read(database, run)
    assert (ended.state, ended.outcome) == (RunState.FINISHED, RunOutcome.PUBLISHED), ended
    with database.transaction() as connection:
        versions = {row["version"]: row for row in models.all_versions(connection)}
        moves = connection.execute("SELECT * FROM model_moves WHERE version = %s", [ended.version]).fetchall()
        taken = connection.execute("SELECT count(*) AS n FROM snapshots").fetchone()["n"]
        judged = connection.execute("SELECT count(*) AS n FROM ledger").fetchone()["n"]
        harvests = [each.harvest["considered"] for each in retraining.page(connection, limit=9) if each.harvest]
    assert set(versions) == {VERSION, ended.version}
    assert versions[ended.version]["run_id"] == run.id
    assert len(moves) == 1
    # Once, whichever run it was that looked at it.
    assert (taken, judged, sum(harvests)) == (snapshots, 4, 4)
    into.mkdir()
    store.get_model(ended.version, into)
    return read_verified(into)


def half_published(database, store, settings) -> int:
    """Versions without their files, and files without their version."""
    with database.transaction() as connection:
        rows = {row["version"]: row["manifest"]["files"].keys() for row in models.all_versions(connection)}
    keys = [item.object_name for item in store._client.list_objects(settings.s3_models_bucket, recursive=True)]
    stored = {version: {key.split("/")[1] for key in keys if key.startswith(f"{version}/")} for version in rows}
    strays = {key.split("/")[0] for key in keys} - rows.keys()
    return len(strays) + sum(not names <= stored[version] for version, names in rows.items())


@pytest.fixture
def trial(request):
    """Counts what strikes a run, and keeps the row once its version was found whole."""
    trial = Trial(name=readable(request.node.name))
    yield trial
    if trial.checked:
        append(trial.row())


@dataclass(kw_only=True)
class Trial:
    name: str
    faults: int = 0
    failed: int = 0
    half_published: int = 0
    over_at: float = 0.0
    checked: bool = False
    recovery: float = 0.0

    @contextmanager
    def fault(self, count: int = 1):
        """Recovery is measured from its end."""
        self.faults += count
        yield
        self.over_at = time.monotonic()

    def check(self, *arguments, **options):
        self.recovery = time.monotonic() - self.over_at
        files = check_published(*arguments, **options)
        self.half_published = half_published(*arguments[:2], config.load())
        assert not self.half_published
        self.checked = True
        return files

    def row(self):
        return {
            "part": RETRAINER,
            "fault": self.name,
            "faults": self.faults,
            "failed": self.failed,
            "published": 1,
            "half_published": self.half_published,
            "recovery_seconds": round(self.recovery, 1),
        }


@pytest.mark.long
@pytest.mark.parametrize("stage", RunStage)
def test_the_retrainer_is_killed_in_a_stage(stage, database, store, settings, run, tmp_path, trial):
    trial.name = f"the retrainer killed in the stage {stage}"
    with trial.fault():
        kill_in(stage, settings, run.id)
    halfway = read(database, run)
    assert (halfway.state, halfway.stage) == (RunState.RUNNING, stage)
    with database.transaction() as connection:
        assert [row["version"] for row in models.all_versions(connection)] == [VERSION]
    finish()
    trial.check(database, store, run, tmp_path / "published")


@pytest.mark.long
@pytest.mark.timeout(600)
def test_the_retrainer_is_killed_in_every_stage_and_the_weights_are_those_of_a_run_that_was_not(
    database, store, settings, run, tmp_path, trial
):
    trial.name = "the retrainer killed in every stage, one after the other"
    with trial.fault(len(RunStage)):
        for stage in RunStage:
            kill_in(stage, settings, run.id)
    finish()
    killed = trial.check(database, store, run, tmp_path / "killed")
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


@pytest.mark.long
@pytest.mark.parametrize("stage", [RunStage.HARVEST, RunStage.TRAIN, RunStage.PUBLISH])
def test_postgres_is_away_in_a_stage(stage, database, store, settings, run, tmp_path, trial):
    trial.name = f"postgres away from the retrainer in the stage {stage}"
    dsn = urlsplit(settings.postgres_dsn)
    with line_to(f"{dsn.hostname}:{dsn.port}") as line:
        away = {"JINWI_POSTGRES_DSN": settings.postgres_dsn.replace(dsn.netloc, f"{dsn.username}@{line.endpoint}")}
        process = start(**away)
        await_stage(stage, settings, run.id, process)
        with trial.fault(), line.cut():
            wait_until(lambda: line.refused >= 3 or process.poll() is not None, PATIENCE)
        end(process)
        finish(**away)
    trial.check(database, store, run, tmp_path / "published")


@pytest.mark.long
@pytest.mark.parametrize("stage", [RunStage.HARVEST, RunStage.TRAIN, RunStage.PUBLISH])
def test_the_object_store_is_away_in_a_stage(stage, database, store, settings, run, tmp_path, trial):
    trial.name = f"the object store away from the retrainer in the stage {stage}"
    with line_to(settings.s3_endpoint) as line:
        away = {"JINWI_S3_ENDPOINT": line.endpoint}
        process = start(**away)
        await_stage(stage, settings, run.id, process)
        with trial.fault(), line.cut():
            wait_until(lambda: line.refused >= 1 or process.poll() is not None, PATIENCE)
        assert line.refused, "it asked for nothing meanwhile"
        end(process)
        finish(**away)
    trial.check(database, store, run, tmp_path / "published")


@pytest.mark.long
def test_redis_is_away_from_the_beginning_of_a_run_to_its_end(database, store, settings, run, tmp_path, trial):
    trial.name = "redis away from the beginning of a run to its end"
    address = urlsplit(settings.redis_url)
    with line_to(f"{address.hostname}:{address.port}") as line, (tmp_path / "log").open("wb") as log:
        away = {"JINWI_REDIS_URL": address._replace(netloc=line.endpoint).geturl()}
        service = subprocess.Popen([sys.executable, "-m", "services.retrainer"], env=os.environ | away, stdout=log)
        try:
            await_stage(RunStage.HARVEST, settings, run.id, service)
            with trial.fault(), line.cut():
                wait_until(lambda: read(database, run).state is RunState.FINISHED, PATIENCE)
            assert line.refused
        finally:
            service.terminate()
            service.wait(60)
    trial.check(database, store, run, tmp_path / "published")


@pytest.mark.long
@pytest.mark.parametrize("size", ["64k", "700k"])
def test_the_disk_of_the_retrainer_is_full(size, database, store, settings, run, tmp_path, trial):
    """With 64 KiB it cannot fetch the champion, with 700 not write what it trains."""
    trial.name = f"the retrainer's disk full after {size.replace('k', ' KiB')}"
    folder = tmp_path / "retrainer"
    with small_disk(folder, size):
        with trial.fault():
            finish()
        failed = read(database, run)
        assert (failed.state, failed.failure_reason) == (RunState.FAILED, RunFailure.DISK_FULL), failed
        trial.failed = 1
        with database.transaction() as connection:
            assert [row["version"] for row in models.all_versions(connection)] == [VERSION]
            again = retraining.ask(connection, Order(mode=Mode.HEAD, min_samples=1, seed=5), by=None)
        assert not list((folder / "runs").iterdir())
        enlarge(folder, "200m")
        finish()
    trial.check(database, store, again, tmp_path / "published", snapshots=1 + (failed.snapshot is not None))
