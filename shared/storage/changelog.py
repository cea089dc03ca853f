"""What became of each version and each refused candidate, joined from versions, runs and rollouts."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from shared.storage.db import Connection
from shared.storage.queries import QUERIES

Row = Mapping[str, Any]


def entries(connection: Connection, *, limit: int) -> list[dict[str, Any]]:
    """At most `limit`, the newest first, as JSON objects (docs/reference/api.md)."""
    versions = list(connection.execute(QUERIES["changelog_versions"], {"limit": limit}))
    of_versions = [row["run_id"] for row in versions if row["run_id"]]
    runs = list(connection.execute(QUERIES["changelog_runs"], {"runs": of_versions, "limit": limit}))
    by_id = {row["run"]["id"]: row for row in runs}
    moves = _moves(connection, [row["version"] for row in versions])
    published = [
        _published(row, by_id.get(str(row["run_id"])), _within(row, moves[row["version"]])) for row in versions
    ]
    refused = [_refused(row) for row in runs if row["run"]["outcome"] == "refused"]
    return sorted([*published, *refused], key=lambda entry: str(entry["at"]), reverse=True)[:limit]


def _moves(connection: Connection, versions: list[str]) -> Mapping[str, list[Row]]:
    """Of each version, oldest first."""
    found: dict[str, list[Row]] = defaultdict(list)
    for row in connection.execute(QUERIES["changelog_moves"], {"versions": versions}):
        found[row["version"]].append(_without(row, ["version"]))
    return found


def _within(row: Row, moves: list[Row]) -> list[Row]:
    """Of the moves under a number, those of the version that had it then."""
    first, last = row["at"], row["removed_at"]
    return [
        _without(move, ["at"]) | {"at": move["at"].isoformat()}
        for move in moves
        if first <= move["at"] and (last is None or move["at"] <= last)
    ]


def _published(row: Row, run: Row | None, moves: list[Row]) -> dict[str, Any]:
    return {
        **_without(row, ["run_id", "at", "removed_at"]),
        "status": "removed" if row["removed_at"] else "published",
        "at": row["at"].isoformat(),
        "run": _run(run) if run else None,
        "gate": _gate(run) if run else None,
        "moves": moves,
    }


def _refused(row: Row) -> dict[str, Any]:
    run, gate = row["run"], _gate(row)
    return {
        "version": row["reserved"] or (gate or {}).get("candidate"),
        "name": "",
        "origin": None,
        "signed_by": None,
        "description": run["detail"],
        "imported_by": None,
        "status": "refused",
        "at": run.get("finished_at") or run["created_at"],
        "run": _run(row),
        "gate": gate,
        "moves": [],
    }


def _run(row: Row) -> dict[str, Any]:
    run = row["run"]
    return {
        "id": run["id"],
        "mode": run.get("mode"),
        "parent": run.get("champion"),
        "harvest": run.get("harvest"),
        "snapshot": run.get("snapshot"),
        "detail": run["detail"],
    }


def _gate(row: Row) -> dict[str, Any] | None:
    judgement = row["run"].get("judgement")
    return dict(judgement) if judgement else None


def _without(row: Row, names: Iterable[str]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name not in names}
