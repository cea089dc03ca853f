"""Runs that are asked for, and the processes that carry them, with small stages."""

import subprocess

import pytest

from services.retrainer.loop import once
from services.retrainer.loop.attendant import Attendant
from shared.domain.retraining import Mode
from shared.storage import retraining
from shared.storage.retraining import Order
from tests.integration.small_retrainer import COMMAND, compose


@pytest.fixture(autouse=True)
def retrainer_dir(settings, tmp_path, monkeypatch):
    monkeypatch.setenv("JINWI_RETRAINER_DIR", str(tmp_path / "retrainer"))
    return tmp_path / "retrainer"


@pytest.fixture
def settings(settings, tmp_path):
    return settings.model_copy(update={"retrainer_dir": tmp_path / "retrainer"})


@pytest.fixture
def ask(database):
    def ask(*, min_samples=0, seed=3):
        with database.transaction() as connection:
            return retraining.ask(connection, Order(mode=Mode.HEAD, min_samples=min_samples, seed=seed), by=None)

    return ask


@pytest.fixture
def read(database):
    def read(run):
        with database.transaction() as connection:
            return retraining.get(connection, run.id)

    return read


@pytest.fixture
def process():
    """Starts the process that carries a run, as the attendant does; none outlives the test."""
    started = []

    def start():
        child = subprocess.Popen(COMMAND, stdin=subprocess.PIPE)
        started.append(child)
        return child

    yield start
    for child in started:
        child.kill()
        child.wait()
        child.stdin.close()


@pytest.fixture
def attendant(database, settings):
    """With a beat so slow that what happens soon happens because it was rung for."""
    made = Attendant(database, settings, command=COMMAND)
    made.start()
    yield made
    made.stop()


@pytest.fixture
def carry_out(database, settings):
    return lambda: once.carry_out(database, settings, compose)
