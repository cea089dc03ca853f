"""Immutable lists of what a run trains on: references and seals. Nothing here commits.

A seal is random, kept in the ledger, and gone with the sample: while it is there, a manifest proves which picture,
label and weight were meant; afterwards it says nothing of the picture.
"""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from psycopg.types.json import Json

from shared.storage.db import Connection
from shared.storage.queries import QUERIES

Row = Mapping[str, Any]


def samples_now(connection: Connection) -> list[Row]:
    """What may be trained on now, by the newest decision about each job that is lent; `is_new`: in no snapshot yet."""
    return list(connection.execute(QUERIES["samples_now"]))


def add(
    connection: Connection,
    run_id: UUID,
    *,
    manifest: Mapping[str, Any],
    sha256: bytes,
    prevalence: tuple[float, float],
    ledger_ids: Sequence[UUID],
) -> Row:
    parameters = {
        "run_id": run_id,
        "manifest": Json(manifest),
        "sha256": sha256,
        "low": prevalence[0],
        "high": prevalence[1],
    }
    row = connection.execute(QUERIES["insert_snapshot"], parameters).fetchone()
    assert row is not None
    connection.execute(QUERIES["insert_snapshot_samples"], {"snapshot_id": row["id"], "ledger_ids": list(ledger_ids)})
    return row


def of_run(connection: Connection, run_id: UUID) -> Row | None:
    return connection.execute(QUERIES["get_snapshot"], {"run_id": run_id}).fetchone()


def samples(connection: Connection, snapshot_id: UUID) -> list[Row]:
    """What of a snapshot may still be used: erased jobs, and those that are lent no more, are left out."""
    return list(connection.execute(QUERIES["samples_of_snapshot"], {"snapshot_id": snapshot_id}))


def newest_prevalence(connection: Connection) -> Row | None:
    """`low` and `high` of the estimate that the newest snapshot was taken under."""
    return connection.execute(QUERIES["newest_prevalence"]).fetchone()
