"""What the metrics show, read without ever counting over history."""

from collections.abc import Mapping
from typing import Any

from shared.storage.db import Connection
from shared.storage.queries import QUERIES

Row = Mapping[str, Any]


def fold(connection: Connection) -> None:
    """Add the differences that statements left behind to the counters, and drop them."""
    connection.execute(QUERIES["fold_count_changes"])


def jobs(connection: Connection) -> list[Row]:
    """Rows of state, stage, lane, present (jobs there now) and entered (jobs that ever came there)."""
    return list(connection.execute(QUERIES["count_jobs"]))


def oldest_queued(connection: Connection) -> list[Row]:
    """Rows of stage, lane, paused and seconds (age of the oldest queued job, None when there is none)."""
    return list(connection.execute(QUERIES["oldest_queued"]))


def deliveries(connection: Connection) -> Row:
    """`pending` webhooks and `oldest_seconds`."""
    row = connection.execute(QUERIES["pending_deliveries"]).fetchone()
    assert row is not None
    return row


def held_by_appeals(connection: Connection) -> int:
    """Jobs that are kept beyond their tenant's `retention_days` because an appeal against them is open."""
    row = connection.execute(QUERIES["count_held_by_appeals"]).fetchone()
    assert row is not None
    return int(row["held"])


def disabled_endpoints(connection: Connection) -> list[Row]:
    """Rows of reason and disabled (webhook endpoints), one for each reason that there is."""
    return list(connection.execute(QUERIES["count_disabled_endpoints"]))


def lanes(connection: Connection) -> list[Row]:
    return list(connection.execute(QUERIES["list_lanes"]))


def pause(connection: Connection, lane: str, *, paused: bool) -> Row | None:
    return connection.execute(QUERIES["set_lane"], {"lane": lane, "paused": paused}).fetchone()
