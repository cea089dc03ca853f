"""Counters of windows of time, shared by all API processes on Redis, and each process's own while Redis is away."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import redis
import structlog
from limits.storage import MemoryStorage, RedisStorage, Storage
from redis.backoff import NoBackoff
from redis.retry import Retry

from shared.config import Settings
from shared.metrics import LIMIT_COUNTS, count
from shared.queue.app import broker_url

PATIENCE_SECONDS = 0.1
"""For how long Redis may take to connect, and again to answer; a hundred times what it takes in one data centre."""

PAUSE_SECONDS = 5.0
"""After a failure, how long Redis is left alone: meanwhile no request waits for it."""

PREFIX = "jinwi:limits"

log = structlog.get_logger("api")


@dataclass(frozen=True, kw_only=True, slots=True)
class Count:
    """One counter after it was raised, and where it stands, so that it can be lowered in the same place."""

    key: str
    seconds: int
    value: int
    store: Storage


class Counters:
    """Never raises: what Redis cannot count is counted here. Safe to share between threads."""

    def __init__(self, settings: Settings, *, clock: Callable[[], float] = time.monotonic) -> None:
        options: dict[str, Any] = {
            "socket_connect_timeout": PATIENCE_SECONDS,
            "socket_timeout": PATIENCE_SECONDS,
            # By itself the client tries four times, seconds apart.
            "retry": Retry(NoBackoff(), 0),
        }
        self._redis = RedisStorage(broker_url(settings), key_prefix=PREFIX, **options)
        self._memory = MemoryStorage()
        self._clock = clock
        self._is_away = False
        self._ask_again_at = 0.0

    def close(self) -> None:
        self._redis.get_connection().close()

    def add(self, key: str, seconds: int, by: int = 1) -> Count:
        """Count one more, or `by`, under `key`, which is forgotten after `seconds`."""
        if self._may_ask():
            try:
                value = self._redis.incr(key, seconds, by)
            except redis.RedisError as exc:
                self._turn_away(exc)
            else:
                self._welcome_back()
                count(LIMIT_COUNTS, "redis")
                return Count(key=key, seconds=seconds, value=value, store=self._redis)
        count(LIMIT_COUNTS, "memory")
        return Count(key=key, seconds=seconds, value=self._memory.incr(key, seconds, by), store=self._memory)

    def take_back(self, counted: Count) -> None:
        """Count one less. Where Redis has gone meanwhile, the one stays counted there."""
        if counted.store is self._redis and self._clock() < self._ask_again_at:
            return
        try:
            counted.store.incr(counted.key, counted.seconds, -1)
        except redis.RedisError as exc:
            self._turn_away(exc)

    def _may_ask(self) -> bool:
        """Whether Redis is to be asked. Once it is known to be away one request tries, and no other waits with it."""
        now = self._clock()
        if now < self._ask_again_at:
            return False
        if self._is_away:
            self._ask_again_at = now + PAUSE_SECONDS
        return True

    def _turn_away(self, exc: redis.RedisError) -> None:
        self._ask_again_at = self._clock() + PAUSE_SECONDS
        if not self._is_away:
            self._is_away = True
            log.warning("limits_in_memory", error=str(exc) or type(exc).__name__)

    def _welcome_back(self) -> None:
        if self._is_away:
            self._is_away, self._ask_again_at = False, 0.0
            log.info("limits_in_redis")
