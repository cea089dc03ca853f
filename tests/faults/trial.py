"""One fault tried: a load, the fault, the way back, the invariant, and a row of what was counted."""

import json
import os
import time
from collections import Counter
from collections.abc import Callable, Generator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

from tests.faults.invariant import Expected, Findings, examine, uncollected, unfinished, untold
from tests.faults.load import Load, Submission
from tests.faults.receiver import Receiver
from tests.faults.system import System, wait_for

SETTLE_SECONDS = 120
OVERDUE_SECONDS = 10
"""For how long past its lease a job may be seen running, with a sweeper there; on a busy machine."""


@dataclass(kw_only=True, slots=True)
class Trial:
    """Of a tenant of its own, so that nothing of an earlier one is counted."""

    part: str
    name: str
    system: System
    tenant_id: UUID
    secret: str
    load: Load
    receiver: Receiver
    expected: Expected
    record: Callable[[Mapping[str, Any]], None]
    injected: int = 0
    ended_at: float = field(default_factory=time.monotonic)

    @contextmanager
    def fault(self, count: int = 1) -> Generator[None]:
        """Counts the faults within; recovery is measured from its end."""
        self.injected += count
        yield
        self.ended_at = time.monotonic()

    def backlog(self, jobs: int = 60, **how: Any) -> list[Submission]:
        """Pictures that keep a scorer busy for a while, all of them there before the first is taken."""
        with self.system.paused():
            return self.load.submit(jobs, side=500, **how)

    @contextmanager
    def submitting(self, jobs: int, **how: Any) -> Generator[None]:
        """Customers go on submitting while something happens; at the end all of them were accepted."""
        with ThreadPoolExecutor(1) as pool:
            under_way = pool.submit(self.load.submit, jobs, **how)
            try:
                yield
            except BaseException:
                self.load.given_up.set()
                raise
            under_way.result()

    def refused(self) -> int:
        """How many answers were a 503."""
        return sum(one.statuses[503] for one in self.load.submissions)

    def settle(
        self, *, seconds: float = SETTLE_SECONDS, unreachable: bool = False, orphans: int = 0, **states: int
    ) -> Findings:
        """Wait until every job has come to its end, check the invariant, keep the row.

        `states` says how many ended as failed, dead or erased; all others are to be done.
        """
        recovery = self._await_the_end(seconds)
        found = examine(
            self.system,
            self.tenant_id,
            self.secret,
            self.load.submissions,
            self.receiver,
            self.expected,
            unreachable=unreachable,
            orphans=orphans,
        )
        self._keep(found, recovery)
        assert not found.complaints, "\n".join(found.complaints)
        assert found.states == Counter(done=found.jobs - sum(states.values()), **states)
        return found

    def _await_the_end(self, seconds: float) -> float:
        """Nothing waits any more, webhooks neither; the seconds since the last fault ended."""
        deadline = time.monotonic() + seconds
        for rest in (unfinished, untold):
            wait_for(
                lambda rest=rest: self._leases_hold() and not rest(self.system, self.tenant_id),
                seconds=deadline - time.monotonic(),
            )
        recovery = time.monotonic() - self.ended_at
        wait_for(lambda: not uncollected(self.system, self.tenant_id), seconds=deadline - time.monotonic())
        return recovery

    def _leases_hold(self) -> bool:
        """Once the fault is over, no service has ended, and no job is running for long after its lease."""
        ended = [service.name for service in self.system.services.values() if service.exit_code is not None]
        assert not ended, f"ended by itself: {ended}"
        query = """SELECT count(*) AS jobs FROM jobs WHERE tenant_id = %s AND state = 'running'
                   AND lease_until < now() - make_interval(secs => %s)"""
        overdue = self.system.query(query, self.tenant_id, OVERDUE_SECONDS)[0]["jobs"]
        assert not overdue or time.monotonic() < self.ended_at + OVERDUE_SECONDS, f"{overdue} jobs outlived their lease"
        return True

    def _keep(self, found: Findings, recovery: float) -> None:
        row = {
            "part": self.part,
            "fault": self.name,
            "jobs": found.jobs,
            "faults": self.injected,
            "lost": found.lost,
            "duplicated": found.duplicated,
            "webhooks_missing": found.webhooks_missing,
            "recovery_seconds": round(recovery, 1),
            "slowest_seconds": round(found.slowest_seconds, 1),
            "states": dict(found.states),
            "lease_seconds": self.system.settings.lease_seconds,
        }
        print(f"\n{self.name}: recovered in {recovery:.1f} s, {dict(found.states)}")  # noqa: T201 - for whoever watches
        self.record(row)


def append(row: Mapping[str, Any]) -> None:
    """Add the row to the file that FAULTS_JSON names, one JSON object a line; without that name keep nothing."""
    if path := os.environ.get("FAULTS_JSON"):
        with Path(path).open("a", encoding="utf-8") as file:
            file.write(json.dumps(row) + "\n")
