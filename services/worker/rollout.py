"""What the sweeper does for versions: moves the challenger on or stops it, and measures drift."""

import time

import structlog

from shared.config import Settings
from shared.domain.lifecycle import VersionState
from shared.domain.rollout import decide
from shared.storage import comparisons, drift, lifecycle
from shared.storage.db import Database
from shared.storage.lifecycle import Cause

LOOK_SECONDS = 2.0
"""How often the challenger's figures are looked at: a sum over what it scored, some milliseconds."""

DRIFT_SECONDS = 300.0
"""How often drift is measured: a sum over a day's jobs."""

log = structlog.get_logger("sweeper")


class Rollout:
    """For the one sweeper that works."""

    def __init__(self, database: Database, settings: Settings) -> None:
        self._database = database
        self._plan = settings.rollout
        self._looked_at = self._measured_at = float("-inf")

    def roll_out(self) -> None:
        """Look at the challenger, unless that was done just now."""
        if time.monotonic() - self._looked_at >= LOOK_SECONDS:
            self._looked_at = time.monotonic()
            self.look()

    def measure_drift(self) -> None:
        if time.monotonic() - self._measured_at >= DRIFT_SECONDS:
            self._measured_at = time.monotonic()
            with self._database.transaction() as connection:
                drift.measure(connection)

    def look(self) -> VersionState | None:
        """Stop the challenger, or let it go one step further; where it went, None where it stays."""
        with self._database.transaction() as connection:
            row = lifecycle.challenger(connection)
            if row is None:
                return None
            state = VersionState(row["state"])
            since = row["since"] if state is VersionState.CANARY else None
            seen = comparisons.compare(connection, row["version"], state, reviews_since=since)
            held = lifecycle.freeze(connection)["frozen"] or not row["automatic"]
            decision = decide(state, seen, row["waited"], self._plan, frozen=held)
            if decision is None:
                return None
            cause = Cause(why=decision.why, numbers=seen.document(), run_id=row["run_id"])
            moved = lifecycle.advance(connection, row["version"], decision.after, cause, automatic=True)
        if moved is None:
            return None
        log.info("version_moved", version=row["version"], before=state, after=decision.after, why=decision.why)
        return decision.after
