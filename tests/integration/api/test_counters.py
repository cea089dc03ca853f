"""Counting against limits while Redis is well, away, frozen or full."""

import os
import signal
import time
from contextlib import contextmanager

import pytest
import redis
from prometheus_client import REGISTRY
from structlog.testing import capture_logs

from deploy.local.servers import free_ports
from services.api.counters import PATIENCE_SECONDS, PAUSE_SECONDS, Counters
from shared.queue.app import broker_url


class Clock:
    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def counters(settings, clock):
    made = Counters(settings, clock=clock)
    yield made
    made.close()


@pytest.fixture
def client(settings):
    with redis.Redis.from_url(broker_url(settings)) as client:
        yield client


@contextmanager
def frozen(servers):
    os.kill(servers.redis.pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(servers.redis.pid, signal.SIGCONT)


def counted(store: str) -> float:
    return REGISTRY.get_sample_value("jinwi_api_limit_counts_total", {"store": store}) or 0


def values(counters, times: int, key: str = "k") -> list[int]:
    return [counters.add(key, 60).value for _ in range(times)]


def test_counts_stand_in_redis_and_are_forgotten_there(counters, client):
    assert values(counters, 3) == [1, 2, 3]
    assert 0 < client.ttl("jinwi:limits:k") <= 60


def test_what_is_taken_back_was_never_counted(counters):
    values(counters, 2)
    counters.take_back(counters.add("k", 60))
    assert values(counters, 1) == [3]


def test_without_redis_each_process_counts_for_itself_says_so_and_returns(counters, clock, servers, settings):
    values(counters, 2)
    before = counted("memory")
    servers.redis.stop(10)
    try:
        with capture_logs() as lines:
            assert values(counters, 3) == [1, 2, 3]
        assert [line["event"] for line in lines] == ["limits_in_memory"]
        assert counted("memory") == before + 3
    finally:
        servers.redis.start()
        servers.redis.await_ready()
    assert values(counters, 1) == [4]
    clock.now += PAUSE_SECONDS
    with capture_logs() as lines:
        assert values(counters, 2)[-1] > 0
    assert [line["event"] for line in lines] == ["limits_in_redis"]
    assert counted("memory") == before + 4


def test_a_frozen_redis_costs_one_request_a_moment_and_the_next_ones_nothing(counters, clock, servers, say):
    values(counters, 1)
    with frozen(servers):
        slowest = []
        for _ in range(3):
            began = time.perf_counter()
            values(counters, 1)
            first = time.perf_counter()
            values(counters, 100)
            slowest.append((first - began, (time.perf_counter() - first) / 100))
            clock.now += PAUSE_SECONDS
    say(f"frozen Redis: {max(first for first, _ in slowest):.3f} s once, then {max(rest for _, rest in slowest):.6f} s")
    # Half a second beyond what it waits for, for machines that are busy with something else.
    assert all(first < 2 * PATIENCE_SECONDS + 0.5 for first, _ in slowest)
    assert all(rest < PATIENCE_SECONDS / 10 for _, rest in slowest)


def test_while_one_request_tries_a_redis_that_was_away_no_other_does(counters, clock, monkeypatch):
    tries = []

    def slow(*_):
        tries.append(clock.now)
        if len(tries) == 2:
            # Another request that comes meanwhile.
            assert counters.add("k", 60).store is counters._memory
        raise redis.TimeoutError

    monkeypatch.setattr(counters._redis, "incr", slow)
    values(counters, 5)
    clock.now += PAUSE_SECONDS
    values(counters, 5)
    assert tries == [clock.now - PAUSE_SECONDS, clock.now]


@pytest.mark.parametrize("trouble", ["full", "read-only"])
def test_a_redis_that_refuses_to_write_is_as_good_as_away(counters, client, trouble):
    begin, end = {
        "full": (("CONFIG SET maxmemory 1",), ("CONFIG SET maxmemory 0",)),
        "read-only": (("REPLICAOF 127.0.0.1 1",), ("REPLICAOF NO ONE",)),
    }[trouble]
    try:
        client.execute_command(*begin)
        assert values(counters, 3) == [1, 2, 3]
    finally:
        client.execute_command(*end)


def test_what_was_counted_in_redis_is_not_taken_back_elsewhere(counters, servers):
    held = counters.add("k", 60)
    servers.redis.stop(10)
    try:
        counters.take_back(held)
        counters.take_back(held)
        assert values(counters, 1) == [1]
    finally:
        servers.redis.start()
        servers.redis.await_ready()


def test_a_redis_that_was_never_there_stops_nobody(settings):
    nowhere = settings.model_copy(update={"redis_url": f"redis://127.0.0.1:{free_ports(1)[0]}/0"})
    assert values(Counters(nowhere), 2) == [1, 2]
