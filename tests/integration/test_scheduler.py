"""One scheduler asks, others stand by."""

import subprocess
import sys

import pytest

from services.worker.__main__ import arguments
from tests.processes import wait_until


@pytest.fixture
def scheduler(settings, tmp_path, monkeypatch):
    """Starts schedulers as the service does; gives the process and its log."""
    monkeypatch.setenv("JINWI_LOG_LEVEL", "debug")
    started = []

    def start(name):
        log = tmp_path / f"{name}.log"
        command = [sys.executable, "-m", "celery", *arguments("schedule", settings)]
        command[-1] = str(tmp_path / name)
        with log.open("wb") as file:
            started.append(subprocess.Popen(command, stdout=file, stderr=subprocess.STDOUT))
        return started[-1], lambda event: f'"event": "{event}"' in log.read_text()

    yield start
    for process in started:
        process.kill()
        process.wait()


def test_a_second_scheduler_stands_by_until_the_first_is_gone(scheduler):
    first, first_said = scheduler("first")
    wait_until(lambda: first_said("scheduling"))
    others = [scheduler(name)[1] for name in ("second", "third")]
    wait_until(lambda: all(said("scheduler_stands_by") for said in others))
    assert not any(said("scheduling") for said in others)
    first.kill()
    wait_until(lambda: any(said("scheduling") for said in others))
    assert not all(said("scheduling") for said in others)
