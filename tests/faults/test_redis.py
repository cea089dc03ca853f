"""Redis restarts, dies, forgets, freezes, refuses and fills up: all of it costs delay and nothing else."""

import time

import pytest

from tests.faults.system import frozen, kill, wait_for

ANSWER_SECONDS = 5
"""Within which a submission is answered whatever Redis does; far above what it takes, for a busy machine."""


def submit_and_time(trial, jobs):
    """Each is accepted at the first try, and soon."""
    for one in trial.load.submit(jobs):
        assert one.statuses == {202: 1}
        assert one.slowest < ANSWER_SECONDS


def test_redis_restarted_while_workers_hold_messages(trial, system):
    trial.receiver.gate.clear()
    trial.load.submit(16)
    wait_for(lambda: system.held_by(system.services["fetcher"]))
    with trial.fault():
        system.servers["redis"].stop(10)
        submit_and_time(trial, 16)
        system.start_again("redis")
        trial.receiver.gate.set()
    trial.load.submit(8)
    trial.settle()
    assert all(service.running for service in system.services.values())


@pytest.mark.long
def test_redis_killed(trial, system):
    trial.load.submit(40, side=300)
    with trial.fault():
        kill(system.servers["redis"])
        system.start_again("redis")
    trial.load.submit(8)
    trial.settle()


def test_redis_away_when_jobs_are_submitted(trial, system):
    with trial.fault():
        kill(system.servers["redis"])
        submit_and_time(trial, 24)
        system.start_again("redis")
    trial.settle()


def test_redis_forgets_everything_with_a_backlog(trial, system):
    with system.paused():
        trial.load.submit(40)
        with trial.fault(), system.redis() as client:
            client.flushall()
    trial.settle()


@pytest.mark.long
def test_redis_frozen_for_fifteen_seconds(trial, system):
    trial.load.submit(8)
    with trial.fault(), frozen(system.servers["redis"]):
        began = time.monotonic()
        while time.monotonic() < began + 15:
            submit_and_time(trial, 4)
            time.sleep(1)
    trial.settle()


@pytest.mark.long
def test_redis_read_only_for_ten_seconds(trial, system):
    trial.load.submit(8)
    with trial.fault(), system.redis() as client:
        client.replicaof("127.0.0.1", "1")
        began = time.monotonic()
        while time.monotonic() < began + 10:
            submit_and_time(trial, 4)
            time.sleep(1)
        client.replicaof("NO", "ONE")
    trial.settle()
    assert all(service.running for service in system.services.values())


@pytest.mark.long
def test_redis_full_for_ten_seconds(trial, system):
    trial.load.submit(8)
    with trial.fault(), system.redis() as client:
        client.config_set("maxmemory", 1)
        began = time.monotonic()
        while time.monotonic() < began + 10:
            submit_and_time(trial, 4)
            time.sleep(1)
        client.config_set("maxmemory", 0)
    trial.settle()
    assert all(service.running for service in system.services.values())


@pytest.mark.long
def test_connections_to_redis_cut_fifteen_times(trial, system):
    with trial.submitting(80, side=200):
        for _ in range(15):
            with trial.fault(), system.redis() as client:
                client.client_kill_filter(_type="normal", skipme=True)
            time.sleep(0.5)
    trial.settle()
