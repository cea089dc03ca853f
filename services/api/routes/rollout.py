"""A version's way into service: what shadow and canary showed, every move, and how it begins and ends by hand."""

from typing import Any

import structlog
from fastapi import APIRouter

from services.api.deps import Curator, PartsOf, Reader
from services.api.errors import Problem
from services.api.routes.models import Version
from services.api.schemas.problems import problems
from services.api.schemas.rollout import ComparisonDocument, MoveDocument, Reason, RolloutDocument
from shared.domain.lifecycle import CHALLENGING, VersionState
from shared.errors import ForceNeeded
from shared.storage import comparisons, lifecycle, models
from shared.storage.db import Connection
from shared.storage.lifecycle import Cause, Row

router = APIRouter(prefix="/v1/models/{version}/rollout", tags=["models"])

log = structlog.get_logger("api")


@router.get("", responses=problems("unauthorized", "forbidden", "not-found", "invalid-request", "unavailable"))
def read_rollout(version: Version, _: Reader, parts: PartsOf) -> RolloutDocument:
    """What a version showed beside the champion, and its moves, also where it was removed. Needs the scope `read`."""
    with parts.database.transaction() as connection:
        row = lifecycle.state(connection, version) or models.get_removed(connection, version)
        return _document(connection, row or _require(connection, version))


@router.post(
    "",
    responses=problems(
        "bad-request", "unauthorized", "forbidden", "not-found", "conflict", "invalid-request", "unavailable"
    ),
)
def begin_rollout(version: Version, caller: Curator, parts: PartsOf, said: Reason = None) -> RolloutDocument:
    """Let a version score in shadow, then answer as canary, then be champion. Needs the scope `models`."""
    why = (said.why if said else None) or "begun by hand"
    plan = parts.settings.rollout
    try:
        with parts.database.transaction() as connection:
            row = _require(connection, version)
            if row["state"] == VersionState.CHAMPION:
                raise Problem("conflict", f"Version {row['version']} is champion already.")
            lifecycle.enter(connection, row["version"], run_id=None, by=caller.key_id, why=why, plan=plan)
            document = _document(connection, _require(connection, row["version"]))
    except ForceNeeded as exc:
        raise Problem("conflict", f"{str(exc).capitalize()}, and no shadow is set up: promote it by force.") from exc
    log.info("rollout_begun", version=document.version, state=document.state)
    return document


@router.delete(
    "", responses=problems("unauthorized", "forbidden", "not-found", "conflict", "invalid-request", "unavailable")
)
def stop_rollout(version: Version, caller: Curator, parts: PartsOf) -> RolloutDocument:
    """Take a version out of shadow or canary. Needs the scope `models`."""
    cause = Cause(why="stopped by hand", by=caller.key_id)
    with parts.database.transaction() as connection:
        row = _require(connection, version)
        stopped = None
        if row["state"] in CHALLENGING:
            stopped = lifecycle.advance(connection, row["version"], VersionState.STOPPED, cause, automatic=False)
        if stopped is None:
            raise Problem("conflict", f"Version {row['version']} is in neither shadow nor canary.")
        document = _document(connection, stopped)
    log.info("rollout_stopped", version=document.version)
    return document


def _require(connection: Connection, version: str) -> Row:
    row = lifecycle.state(connection, version)
    if row is None:
        raise Problem("not-found", f"There is no model version or alias {version}.")
    return row


def _document(connection: Connection, row: Row) -> RolloutDocument:
    since: dict[VersionState, Any] = {VersionState.CANARY: row["since"]} if row["state"] == VersionState.CANARY else {}
    shown = {
        phase: ComparisonDocument(
            **comparisons.compare(connection, row["version"], phase, reviews_since=since.get(phase)).document()
        )
        for phase in (VersionState.SHADOW, VersionState.CANARY)
    }
    moves = lifecycle.moves(connection, row["version"])
    return RolloutDocument(
        version=row["version"],
        state=row["state"],
        since=row["since"],
        automatic=row["automatic"],
        frozen=lifecycle.freeze(connection)["frozen"],
        shadow=shown[VersionState.SHADOW],
        canary=shown[VersionState.CANARY],
        moves=[MoveDocument(**{name: move[name] for name in MoveDocument.model_fields}) for move in moves],
    )
