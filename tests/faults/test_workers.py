"""Workers die, stop, freeze, start again, and disagree about the time."""

import json
import os
import random
import signal
import time
from collections import Counter
from pathlib import Path

import pytest

from shared.domain.job import Stage
from shared.queue import names
from shared.queue.app import make_celery
from shared.queue.enqueue import Doorbell
from tests.faults.invariant import unfinished
from tests.faults.system import GRACE_SECONDS, kill, send, wait_for

ROOT = Path(__file__).parents[2]


def test_a_scorer_killed_in_the_middle_of_a_batch(trial, system):
    scorer = system.services["scorer"]
    trial.backlog()
    with trial.fault():
        assert system.freeze_busy(scorer)
        kill(scorer)
        scorer.start()
    trial.settle()


@pytest.mark.long
def test_a_pool_child_killed_in_the_middle_of_a_batch(trial, system):
    scorer = system.services["scorer"]
    trial.backlog()
    with trial.fault():
        assert system.freeze_busy(scorer)
        [holder] = system.query(
            "SELECT DISTINCT split_part(worker, '/', 2)::int AS pid FROM jobs WHERE state = 'running' AND stage = 'score'"
        )
        os.kill(holder["pid"], signal.SIGKILL)
        send(scorer, signal.SIGCONT)
    trial.settle()
    assert scorer.running


def test_a_scorer_asked_to_stop_under_load(trial, system):
    scorer = system.services["scorer"]
    trial.backlog(120, links=False)
    with trial.fault():
        wait_for(lambda: system.held_by(scorer))
        asked = time.monotonic()
        scorer.ask_to_stop()
        wait_for(lambda: scorer.exit_code is not None, seconds=GRACE_SECONDS)
        assert scorer.exit_code == 0
        assert time.monotonic() - asked < system.settings.longest_batch_seconds
        assert unfinished(system, trial.tenant_id)
        scorer.start()
    trial.settle()


@pytest.mark.long
def test_all_workers_gone_for_twenty_seconds(trial, system):
    workers = [system.services[name] for name in ("scorer", "fetcher", "sender", "sweeper")]
    trial.backlog()
    with trial.fault(len(workers)):
        assert system.freeze_busy(system.services["scorer"])
        for worker in workers:
            kill(worker)
        gone = time.monotonic()
        while time.monotonic() < gone + 20:
            trial.load.submit(8)
            time.sleep(1)
        for worker in workers:
            worker.start()
    trial.settle()


@pytest.mark.long
@pytest.mark.timeout(400)
def test_random_workers_killed_every_three_seconds(trial, system):
    system.another("scorer-2", "score")
    workers = [system._extra[0], *(system.services[name] for name in ("scorer", "fetcher", "sender", "sweeper"))]
    chance = random.Random(5)
    until = time.monotonic() + 45
    while time.monotonic() < until:
        trial.load.submit(12, side=200)
        with trial.fault():
            victim = chance.choice(workers)
            kill(victim)
            victim.start()
        time.sleep(3)
    trial.settle()


@pytest.mark.long
@pytest.mark.timeout(400)
def test_a_scorer_frozen_past_its_lease_and_back(trial, system):
    scorer = system.services["scorer"]
    trial.backlog()
    with trial.fault():
        assert system.freeze_busy(scorer)
        system.another("scorer-2", "score")
        wait_for(lambda: not unfinished(system, trial.tenant_id))
        send(scorer, signal.SIGCONT)
    # It works on: what it held is another's by now, and it is the only one that is left.
    kill(system._extra[0])
    trial.load.submit(8)
    trial.settle()


def test_each_id_delivered_five_times(trial, system):
    doorbell = Doorbell(make_celery(system.settings), system.settings)
    with system.paused():
        submitted = trial.load.submit(24, links=False)
    with trial.fault(5):
        for _ in range(5):
            for one in submitted:
                doorbell.ring(Stage.SCORE, one.lane, [one.job_id])
    system.another("scorer-2", "score")
    trial.settle()


@pytest.mark.long
def test_a_visibility_timeout_shorter_than_the_task(trial, system):
    def started():
        """How often each message made a task."""
        return Counter(json.loads(line)["task_id"] for line in system.said("task_started"))

    system.services["scorer"].stop(GRACE_SECONDS)
    trial.load.submit(40, links=False)
    with trial.fault():
        for number in (1, 2):
            queues = ",".join(names.queues(Stage.SCORE))
            system.run(
                f"scorer-{number + 1}",
                *("celery", "-A", "tests.faults.short_visibility", "worker", "-Q", queues, "-c", "1"),
                *("--without-gossip", "--without-mingle", "--hostname", f"score{number}@%h"),
                PYTHONPATH=os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")]),
            )
        wait_for(lambda: max(started().values(), default=0) > 1)
    trial.settle()


@pytest.mark.long
@pytest.mark.parametrize("minutes", [-10, 10], ids=["behind", "ahead"])
def test_a_worker_whose_clock_is_ten_minutes(trial, system, minutes, program):
    program("faketime")
    [library] = Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1")
    expired = len(system.said("leases_expired"))
    with trial.fault():
        worker = system.another(
            "scorer-2",
            "score",
            LD_PRELOAD=str(library),
            FAKETIME=f"{minutes:+}m",
            # The clock of the day is off, not that which measures how long something takes.
            FAKETIME_DONT_FAKE_MONOTONIC="1",
        )
        wait_for(lambda: "decoder_started" in worker.log.read_text())
        while not system.ended_by(worker):
            trial.load.submit(16, side=300)
    trial.settle()
    assert len(system.said("leases_expired")) == expired
