"""Removing a version: who still needs it, what stays of it, and its files, which go last."""

from collections.abc import Iterator, Mapping
from typing import Any
from uuid import UUID

import structlog

from shared.domain.lifecycle import CHALLENGING, VersionState
from shared.errors import Outage, VersionNeeded
from shared.storage import lifecycle, models
from shared.storage.db import Connection, Database
from shared.storage.lifecycle import Cause
from shared.storage.lock import REGISTRATION, alone
from shared.storage.objects import ObjectStore
from shared.storage.queries import QUERIES

Row = Mapping[str, Any]

log = structlog.get_logger("models")


def remove(database: Database, store: ObjectStore, version: str, *, by: UUID | None, why: str) -> Row | None:
    """Remove a version, named by its number or an alias; what stays of it, or None where there never was one.

    The row goes first and the files after it, so that no row is ever without its files; files that an outage or a kill
    leaves are taken by the same call again, or by `collect`. Card, moves and audit log stay.

    Raises VersionNeeded with who needs it, Busy while a version is registered, and Outage.
    """
    with alone(database.settings, REGISTRATION, seconds=0):
        with database.transaction() as connection:
            row = models.get(connection, version)
            if row is not None:
                _remove_row(connection, row["version"], Cause(why=why, by=by))
            removed = models.get_removed(connection, row["version"] if row else version)
        if removed is not None:
            _remove_files(store, removed["version"])
    return removed


def _remove_row(connection: Connection, version: str, cause: Cause) -> None:
    connection.execute(QUERIES["lock_aliases"])
    connection.execute(QUERIES["hold_model_to_remove"], {"version": version})
    if needs := list(_needs(connection, version)):
        raise VersionNeeded(f"Version {version} stays: {'; '.join(needs)}.")
    lifecycle.retire_for_good(connection, version, cause)
    connection.execute(QUERIES["keep_removed_model"], {"version": version, "by": cause.by})
    connection.execute(QUERIES["forget_drift_of_model"], {"version": version})
    connection.execute(QUERIES["delete_model"], {"version": version})


def _needs(connection: Connection, version: str) -> Iterator[str]:
    """Who needs a version, each with what to do first."""
    row = models.get(connection, version)
    assert row is not None
    if row["state"] == VersionState.CHAMPION:
        yield "it is champion (promote another one first)"
    elif row["state"] in CHALLENGING:
        yield f"it is in {row['state']} (stop it first)"
    if "previous" in row["aliases"]:
        yield "a rollback returns to it (promote another one first, so that another one is previous)"
    if models.is_shipped(connection, version):
        yield "the installed release comes with it, and the next set-up would register it again"
    if pinned := connection.execute(QUERIES["list_pinning_tenants"], {"version": version}).fetchall():
        tenants = ", ".join(str(each["tenant_id"]) for each in pinned)
        yield f"policies pin it, of the tenants {tenants} (let them pin another one, or none)"
    if runs := connection.execute(QUERIES["list_runs_from_model"], {"version": version}).fetchall():
        yield f"the retraining run {runs[0]['id']} began from it (cancel the run, or let it end)"
    if heirs := _heirs(connection, row):
        yield f"what was trained here from it is measured against it: {', '.join(heirs)} (remove that first)"


def _heirs(connection: Connection, row: Row) -> list[str]:
    """Versions whose small losses are added up against this one, which was not trained here."""
    if row["origin"] == "trained":
        return []
    trained = [other["version"] for other in models.all_versions(connection) if other["origin"] == "trained"]
    return sorted(version for version in trained if models.origin_of(connection, version) == row["version"])


def _remove_files(store: ObjectStore, version: str) -> None:
    try:
        store.remove_model(version)
    except Outage as exc:
        log.warning("removed_files_stay", version=version, error=exc.detail)


def collect(database: Database, store: ObjectStore) -> int:
    """Delete the files of versions that were removed and still have some; of how many.

    Raises Busy while a version is registered, whose files may lie there before its row does.
    """
    with alone(database.settings, REGISTRATION, seconds=0):
        with database.transaction() as connection:
            gone = [row["version"] for row in connection.execute(QUERIES["list_removed_numbers"])]
        left = [version for version in gone if store.model_sizes(version)]
        for version in left:
            store.remove_model(version)
    return len(left)
