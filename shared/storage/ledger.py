"""What retraining looked at, and what came of it."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from shared.storage.db import Connection
from shared.storage.queries import QUERIES


def candidates(connection: Connection, *, window: timedelta, limit: int) -> int:
    """How many confident, consented results of the last `window` there are, counted up to `limit`."""
    row = connection.execute(QUERIES["count_candidates"], {"window": window, "limit": limit}).fetchone()
    assert row is not None
    return int(row["candidates"])


def record_run(connection: Connection, *, outcome: str, gold: int, candidates: int, detail: str) -> Mapping[str, Any]:
    row = connection.execute(
        QUERIES["insert_run"], {"outcome": outcome, "gold": gold, "candidates": candidates, "detail": detail}
    ).fetchone()
    assert row is not None
    return row
