"""What a retraining run may learn from. So far it only counts: without gold images nothing is trained.

A run never trains on harvested images alone: its own errors would be its teachers.
"""

from datetime import timedelta

import structlog

from shared.storage import ledger
from shared.storage.db import Database

WINDOW = timedelta(days=90)
COUNTED = 100_000

log = structlog.get_logger("retrainer")


def run(database: Database) -> str:
    """Put one run on record; its outcome."""
    with database.transaction() as connection:
        candidates = ledger.candidates(connection, window=WINDOW, limit=COUNTED)
        recorded = ledger.record_run(
            connection,
            outcome="not_enough_samples",
            gold=0,
            candidates=candidates,
            detail="No gold images are registered, and nothing is trained without them.",
        )
    log.info("retraining_run", run_id=str(recorded["id"]), outcome=recorded["outcome"], candidates=candidates)
    return str(recorded["outcome"])
