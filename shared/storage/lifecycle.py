"""Every move of a version into service and out of it: state, aliases, log, audit and webhook in one transaction."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from psycopg.types.json import Jsonb

from shared.domain.audit import Action
from shared.domain.lifecycle import CHALLENGING, VersionState, require_move
from shared.domain.rollout import Plan
from shared.errors import ForceNeeded
from shared.storage import audit, comparisons, webhooks
from shared.storage.db import Connection
from shared.storage.queries import QUERIES

Row = Mapping[str, Any]

# What the audit log says of a move, by where it leads; of a champion that goes, its successor's row says it.
_ACTS: Mapping[VersionState, Action] = {
    VersionState.AVAILABLE: Action.MODEL_SET_ASIDE,
    VersionState.SHADOW: Action.MODEL_SHADOWED,
    VersionState.CANARY: Action.MODEL_CANARIED,
    VersionState.CHAMPION: Action.MODEL_PROMOTED,
    VersionState.STOPPED: Action.MODEL_STOPPED,
    VersionState.REMOVED: Action.MODEL_REMOVED,
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Cause:
    """Who moves a version (a key, or None: by itself), why, on what figures and after which run."""

    why: str
    by: UUID | None = None
    numbers: Mapping[str, Any] = field(default_factory=dict)
    run_id: UUID | None = None


def enter(
    connection: Connection,
    version: str,
    *,
    run_id: UUID | None,
    by: UUID | None,
    why: str,
    plan: Plan | None = None,
    automatic: bool = True,
    judged_against: str | None = None,
) -> Row | None:
    """Begin a version's way: shadow, then canary, then champion, which the sweeper sees to where it is `automatic`.

    With a `plan`, what it configures to nothing is skipped at once; without one the sweeper skips it. A freeze lets it
    come as far as shadow. Where nothing is champion yet, it is champion. A challenger that is on its way makes room. A
    version that is champion or challenger already stays as it is, and so does one that was `judged_against` another
    champion than that of now; one that was tried or served before begins anew, with shadow. The version's state; None:
    there is no such version. Raises ForceNeeded where one that was stopped would be tried on nothing.
    """
    _lock(connection)
    row = state(connection, version)
    if row is None or VersionState(row["state"]) in CHALLENGING | {VersionState.CHAMPION}:
        return row
    if judged_against is not None and not _is_champion(connection, judged_against):
        return row
    if row["state"] == VersionState.STOPPED and plan is not None and plan.skips(VersionState.SHADOW):
        raise ForceNeeded(f"version {row['version']} was stopped")
    cause = Cause(why=why, by=by, run_id=run_id)
    return _move(connection, row, _first_state(connection, row, plan), cause, automatic=automatic)


def _is_champion(connection: Connection, version: str) -> bool:
    champion = state(connection, "champion")
    return champion is not None and champion["version"] == version


def _first_state(connection: Connection, row: Row, plan: Plan | None) -> VersionState:
    if row["state"] != VersionState.AVAILABLE:
        return VersionState.SHADOW
    if connection.execute(QUERIES["get_champion_state"]).fetchone() is None:
        return VersionState.CHAMPION
    if plan is None or not plan.skips(VersionState.SHADOW) or freeze(connection)["frozen"]:
        return VersionState.SHADOW
    return VersionState.CHAMPION if plan.skips(VersionState.CANARY) else VersionState.CANARY


def place_shipped(connection: Connection, version: str) -> None:
    """A newly shipped version becomes champion if the champion was a shipped one or none.

    Else, or while versions are frozen, it goes into shadow where that is free, and a person decides on it.
    """
    _lock(connection)
    row, champion = state(connection, version), state(connection, "champion")
    assert row is not None
    if champion is None or (champion["origin"] == "shipped" and not freeze(connection)["frozen"]):
        _move(connection, row, VersionState.CHAMPION, Cause(why="shipped with this release"))
    elif challenger(connection) is None:
        _move(connection, row, VersionState.SHADOW, Cause(why="shipped with this release; a person decides"))


def promote(connection: Connection, version: str, *, by: UUID | None, why: str, force: bool = False) -> Row | None:
    """Make a version, named by its number or an alias, champion and the champion `previous`; None: there is none.

    The champion itself stays as it is, and so does what rollback returns to. Raises ForceNeeded for a version that was
    stopped, unless by `force`.
    """
    _lock(connection)
    row = state(connection, version)
    if row is None or row["state"] == VersionState.CHAMPION:
        return row
    if row["state"] == VersionState.STOPPED and not force:
        raise ForceNeeded(f"version {row['version']} was stopped")
    return _move(connection, row, VersionState.CHAMPION, Cause(why=why, by=by))


def roll_back(connection: Connection, *, by: UUID | None, why: str) -> Row | None:
    """Make `previous` champion again; None when there is none.

    The alias `previous` goes with it, so that a rollback sent twice does not bring back what was left.
    """
    _lock(connection)
    row = state(connection, "previous")
    if row is None:
        return None
    moved = _move(connection, row, VersionState.CHAMPION, Cause(why=why, by=by), act=Action.MODEL_ROLLED_BACK)
    _drop_alias(connection, "previous")
    return moved


def advance(connection: Connection, version: str, after: VersionState, cause: Cause, *, automatic: bool) -> Row | None:
    """Move the challenger `version` to `after`; None when it is challenger no more, which another may have seen to.

    A version that moves on by itself goes no further than shadow while versions are frozen.
    """
    _lock(connection)
    row = challenger(connection)
    if row is None or row["version"] != version:
        return None
    forward = after in {VersionState.CANARY, VersionState.CHAMPION}
    if automatic and forward and (freeze(connection)["frozen"] or not row["automatic"]):
        return None
    return _move(connection, row, after, cause, automatic=row["automatic"] and after in CHALLENGING)


def retire_for_good(connection: Connection, version: str, cause: Cause) -> Row:
    """Move a version that is in nobody's way to `removed`. Raises IllegalTransition."""
    _lock(connection)
    row = state(connection, version)
    assert row is not None
    return _move(connection, row, VersionState.REMOVED, cause)


def _move(
    connection: Connection,
    row: Row,
    after: VersionState,
    cause: Cause,
    *,
    automatic: bool = False,
    act: Action | None = None,
) -> Row:
    """The one way from state to state; the aliases are locked. Raises IllegalTransition."""
    version, before = row["version"], VersionState(row["state"])
    require_move(before, after)
    previous = _make_room(connection, version, after, cause)
    moved = connection.execute(
        QUERIES["move_state"],
        {"version": version, "after": after, "automatic": automatic, "run_id": cause.run_id},
    ).fetchone()
    assert moved is not None
    _log(connection, version, before, after, cause)
    if after in CHALLENGING:
        if before not in CHALLENGING:
            comparisons.clear(connection, version)
        _set_alias(connection, "challenger", version)
    elif before in CHALLENGING:
        _drop_alias(connection, "challenger")
    if after is VersionState.CHAMPION:
        if previous is not None:
            _set_alias(connection, "previous", previous)
        _set_alias(connection, "champion", version)
        shadow = comparisons.compare(connection, version, VersionState.SHADOW, reviews_since=None).document()
        webhooks.announce_promotion(connection, version=version, previous=previous, why=cause.why, shadow=shadow)
    if done := act or _ACTS.get(after):
        audit.record(connection, done, version, by=cause.by, why=cause.why, **_noted(cause, previous))
    return moved


def _make_room(connection: Connection, version: str, after: VersionState, cause: Cause) -> str | None:
    """Retire the champion, or set aside another challenger, where `version` takes its place; who was champion."""
    if after in CHALLENGING:
        other = challenger(connection)
        if other is not None and other["version"] != version:
            _move(connection, other, VersionState.AVAILABLE, Cause(why=f"{version} takes its place", by=cause.by))
    if after is not VersionState.CHAMPION:
        return None
    champion = connection.execute(QUERIES["get_champion_state"]).fetchone()
    if champion is None:
        return None
    _move(connection, champion, VersionState.RETIRED, Cause(why=f"{version} takes its place", by=cause.by))
    return str(champion["version"])


def _log(connection: Connection, version: str, before: VersionState, after: VersionState, cause: Cause) -> None:
    parameters = {
        "version": version,
        "before": before,
        "after": after,
        "key_id": cause.by,
        "why": cause.why,
        "numbers": Jsonb(dict(cause.numbers)),
        "run_id": cause.run_id,
    }
    connection.execute(QUERIES["insert_move"], parameters)


def _noted(cause: Cause, previous: str | None) -> dict[str, Any]:
    noted: dict[str, Any] = {"previous": previous} if previous else {}
    if cause.run_id:
        noted["run_id"] = str(cause.run_id)
    return noted


def state(connection: Connection, version: str) -> Row | None:
    """Version, state, since, automatic, run_id and origin of a version, named by its number or an alias."""
    return connection.execute(QUERIES["get_state"], {"version": version}).fetchone()


def challenger(connection: Connection) -> Row | None:
    """State of the version in shadow or canary, with `waited`, how long it has been there; None: there is none."""
    return connection.execute(QUERIES["get_challenger_state"]).fetchone()


def moves(connection: Connection, version: str) -> list[Row]:
    """The latest hundred moves of a version, newest first."""
    return list(connection.execute(QUERIES["list_moves"], {"version": version}))


def count_moves(connection: Connection) -> list[Row]:
    """Rows of state (where to), automatic and moves."""
    return list(connection.execute(QUERIES["count_moves"]))


def freeze(connection: Connection) -> Row:
    """Whether versions are `frozen`, since when and why."""
    row = connection.execute(QUERIES["get_freeze"]).fetchone()
    assert row is not None
    return row


def set_freeze(connection: Connection, *, frozen: bool, by: UUID | None, why: str | None) -> Row:
    """Let no version come into service by itself, or let them again. Stops, and what people do, go on."""
    _lock(connection)
    if freeze(connection)["frozen"] == frozen:
        return freeze(connection)
    row = connection.execute(QUERIES["set_freeze"], {"frozen": frozen, "why": why}).fetchone()
    assert row is not None
    act = Action.MODELS_FROZEN if frozen else Action.MODELS_UNFROZEN
    audit.record(connection, act, "models", by=by, why=why)
    return row


def _lock(connection: Connection) -> None:
    connection.execute(QUERIES["lock_aliases"])


def _set_alias(connection: Connection, alias: str, version: str) -> None:
    connection.execute(QUERIES["set_alias"], {"alias": alias, "version": version})


def _drop_alias(connection: Connection, alias: str) -> None:
    connection.execute(QUERIES["drop_alias"], {"alias": alias})
