"""What tests of the sender do: make deliveries due, have them sent, and look at what became of them."""

import time
from collections.abc import Mapping
from typing import Any

from services.worker.sender import Sender
from shared.storage.db import Database


def deliveries(database: Database) -> list[dict[str, Any]]:
    """Every delivery, oldest first; `wait` is the time until its next attempt."""
    with database.transaction() as connection:
        return connection.execute(
            "SELECT deliveries.*, next_attempt_at - now() AS wait FROM deliveries ORDER BY id"
        ).fetchall()


def send(database: Database, sender: Sender, begun: int = 1) -> None:
    """Start what is due and wait until every attempt is recorded."""
    assert sender.start_due() == begun
    deadline = time.monotonic() + 20
    while any(row["lease_until"] for row in deliveries(database)):
        assert time.monotonic() < deadline
        time.sleep(0.01)


def make_due(database: Database) -> None:
    with database.transaction() as connection:
        connection.execute("UPDATE deliveries SET next_attempt_at = now()")


def lower(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}
