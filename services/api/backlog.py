"""Backpressure: where so many bulk jobs wait that one more would only fill the shelf, bulk submissions wait outside."""

import math
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from services.api.errors import Problem
from shared.config import Settings
from shared.domain.job import Lane, State
from shared.metrics import LIMITED_REQUESTS, count
from shared.storage import counts
from shared.storage.db import Database

LOOK_SECONDS = 1.0
"""For how long a look at the counters holds: so much may be accepted beyond the limit."""

PACE_SECONDS = 60.0
"""Over how long the pace is measured at which bulk jobs leave the queue for good."""

UNKNOWN_SECONDS = 30
"""What to wait while no job has been seen to end, and nobody has looked for long."""

LONGEST_SECONDS = 600
"""What to wait at most, and where nothing ends at all, as in a paused lane: both may change."""

_ENDED = (State.DONE, State.FAILED, State.DEAD)


@dataclass(frozen=True, slots=True)
class Look:
    """The counters at a point of the monotonic clock: bulk jobs that are queued, and all that ever ended."""

    at: float
    queued: int
    ended: int


class Backlog:
    """One look a second at most, whatever is submitted; none while no bulk job is. Safe to share between threads."""

    def __init__(self, database: Database, settings: Settings, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._database = database
        self._limit = settings.bulk_backlog
        self._clock = clock
        self._looks: deque[Look] = deque()
        self._looking = threading.Lock()

    def require_room(self) -> None:
        """Raise the Problem that says when to send a bulk job again, if there is no room now; raises Outage."""
        if self._limit == 0:
            return
        look = self._latest()
        if look.queued >= self._limit:
            count(LIMITED_REQUESTS, "backlog")
            detail = f"{look.queued:,} bulk jobs wait, and from {self._limit:,} on no more are accepted."
            raise Problem("backlog-full", detail, headers={"Retry-After": str(self._wait(look))})

    def _latest(self) -> Look:
        """The newest look; whoever finds it old takes another one, while others go by the old."""
        newest = self._looks[-1] if self._looks else None
        if newest and (self._clock() < newest.at + LOOK_SECONDS or not self._looking.acquire(blocking=False)):
            return newest
        if newest is None:
            self._looking.acquire()
        try:
            look = self._look()
            self._looks.append(look)
            while self._looks[0].at < look.at - PACE_SECONDS and len(self._looks) > 2:
                self._looks.popleft()
        finally:
            self._looking.release()
        return look

    def _look(self) -> Look:
        at = self._clock()
        with self._database.transaction() as connection:
            rows = [row for row in counts.jobs(connection) if row["lane"] == Lane.BULK]
        queued = sum(row["present"] for row in rows if row["state"] == State.QUEUED)
        return Look(at, queued, sum(row["entered"] for row in rows if row["state"] in _ENDED))

    def _wait(self, look: Look) -> int:
        """Seconds until there is room, if jobs go on ending at the pace seen."""
        first = self._looks[0]
        ended, seen = look.ended - first.ended, look.at - first.at
        if ended:
            wait = (look.queued - self._limit + 1) * seen / ended
        else:
            wait = LONGEST_SECONDS if seen >= PACE_SECONDS else UNKNOWN_SECONDS
        return math.ceil(min(max(wait, 1), LONGEST_SECONDS))
