"""Retraining runs: asked for, claimed, carried from stage to stage, ended. And who lives that could take one.

A write by a retrainer holds only while its `fence` is the row's: a superseded one gets False and changes nothing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from psycopg.types.json import Json

from shared.domain.retraining import Mode, Progress, Run, RunFailure, RunOutcome, RunStage, RunState
from shared.errors import IdempotencyMismatch
from shared.storage.db import Connection
from shared.storage.queries import QUERIES

ALIVE = timedelta(seconds=60)
"""A retrainer that was not heard of for longer is taken for dead."""

RESULTS: Mapping[RunStage, str] = {
    RunStage.HARVEST: "harvest",
    RunStage.SNAPSHOT: "snapshot",
    RunStage.TRAIN: "candidate",
    RunStage.EVALUATE: "evaluation",
    RunStage.GATE: "judgement",
}
"""The column that keeps what a stage gave; the last stage gives the version, which ends the run."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Order:
    """What is asked for: train only with `min_samples` or more that are new."""

    mode: Mode
    min_samples: int
    seed: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class Ending:
    """How a run ended: `finished` with an outcome and its detail, `failed` with why, or `cancelled`.

    And what its last stage gave.
    """

    state: RunState
    outcome: RunOutcome | None = None
    detail: str | None = None
    failure_reason: RunFailure | None = None
    failure: str | None = None
    snapshot: Mapping[str, Any] | None = None
    judgement: Mapping[str, Any] | None = None
    version: str | None = None


def ask(connection: Connection, order: Order, *, by: UUID | None, idempotency_key: str | None = None) -> Run:
    """A queued run; with a key that `by` used before, the run of then. Raises IdempotencyMismatch for another order."""
    parameters = {
        "mode": order.mode,
        "min_samples": order.min_samples,
        "seed": order.seed,
        "requested_by": by,
        "idempotency_key": idempotency_key,
    }
    if row := connection.execute(QUERIES["insert_retraining_run"], parameters).fetchone():
        return _known(connection, row["id"])
    earlier = connection.execute(QUERIES["get_run_by_key"], parameters).fetchone()
    assert earlier is not None
    if any(earlier[name] != parameters[name] for name in ("mode", "min_samples", "seed")):
        raise IdempotencyMismatch("this key belongs to a run with another mode, min_samples or seed")
    return _known(connection, earlier["id"])


def ask_on_schedule(connection: Connection, order: Order) -> Run | None:
    """A queued run, unless one is queued already."""
    connection.execute(QUERIES["lock_retraining"])
    return None if _found(connection, "has_queued_run") else ask(connection, order, by=None)


def has_consent(connection: Connection) -> bool:
    """Whether any tenant lends its jobs for training now."""
    return _found(connection, "has_consent")


def get(connection: Connection, run_id: UUID) -> Run | None:
    row = connection.execute(QUERIES["get_run"], {"id": run_id}).fetchone()
    return Run.from_row(row) if row else None


def page(connection: Connection, *, limit: int, before_id: UUID | None = None) -> list[Run]:
    """Newest first."""
    rows = connection.execute(QUERIES["list_runs"], {"limit": limit, "before_id": before_id})
    return [Run.from_row(row) for row in rows]


def cancel(connection: Connection, run_id: UUID) -> Run | None:
    """Cancelled at once where it is queued, at its next step where it runs; None where it has ended or never was."""
    row = connection.execute(QUERIES["cancel_run"], {"id": run_id}).fetchone()
    return Run.from_row(row) if row else None


def any_to_do(connection: Connection) -> bool:
    """Whether a run waits or runs."""
    return _found(connection, "has_run_to_do")


def claim(connection: Connection) -> Run | None:
    """The run to be carried on, one that was abandoned first; only for the holder of the advisory lock."""
    row = connection.execute(QUERIES["claim_run"]).fetchone()
    return Run.from_row(row) if row else None


def beat(connection: Connection, run: Run, progress: Progress | None) -> bool | None:
    """Note that it lives and how far it is; whether it is to be cancelled. None: superseded.

    Where it has come further in its stage than any attempt before, this one is the first again.
    """
    said = {"progress": Json(progress.document()), "stage": progress.stage, "done": progress.done} if progress else {}
    parameters = {"progress": None, "stage": None, "done": None, **said}
    row = connection.execute(QUERIES["run_beats"], {**_held(run), **parameters}).fetchone()
    return bool(row["cancel_requested"]) if row else None


def keep(connection: Connection, run: Run, stage: RunStage, result: Mapping[str, Any], following: RunStage) -> bool:
    """Keep what a stage gave and let the `following` one begin."""
    results = dict.fromkeys(RESULTS.values()) | {RESULTS[stage]: Json(result)}
    return _changed(connection, "keep_stage_result", {**_held(run), **results, "next": following})


def rewind(connection: Connection, run: Run, stage: RunStage) -> bool:
    """Back to the training or the evaluation, of which what was kept is not here, or is worth nothing any more."""
    return _changed(connection, "rewind_run", {**_held(run), "stage": stage})


def release(connection: Connection, run: Run) -> bool:
    """Queue it again, for another time or another retrainer; the attempt does not count."""
    return _changed(connection, "release_run", _held(run))


def end(connection: Connection, run: Run, ending: Ending) -> bool:
    parameters = {
        "state": ending.state,
        "outcome": ending.outcome,
        "detail": ending.detail,
        "failure_reason": ending.failure_reason,
        "failure": ending.failure,
        "snapshot": None if ending.snapshot is None else Json(ending.snapshot),
        "judgement": None if ending.judgement is None else Json(ending.judgement),
        "version": ending.version,
    }
    return _changed(connection, "end_run", {**_held(run), **parameters})


def count_new(connection: Connection, run_id: UUID, gold: Sequence[bytes]) -> int:
    """Of the run's snapshot and of `gold`, SHA-256 each: how many no candidate was judged with before."""
    parameters = {"id": run_id, "gold": [digest.hex() for digest in gold]}
    row = connection.execute(QUERIES["count_new_samples"], parameters).fetchone()
    assert row is not None
    return int(row["new"])


def count_guard_uses(connection: Connection, guard: str, run_id: UUID) -> int:
    """How many other runs were judged on the guard set of that name."""
    row = connection.execute(QUERIES["count_guard_uses"], {"guard": guard, "id": run_id}).fetchone()
    assert row is not None
    return int(row["uses"])


def note_retrainer(connection: Connection, name: str, *, schedule_seconds: float | None) -> None:
    """A retrainer lives; `schedule_seconds` lie between two scheduled runs, None while none is due."""
    connection.execute(QUERIES["note_retrainer"], {"name": name, "schedule_seconds": schedule_seconds})
    connection.execute(QUERIES["forget_retrainers"])


def remove_retrainer(connection: Connection, name: str) -> None:
    """It ended by itself."""
    connection.execute(QUERIES["remove_retrainer"], {"name": name})


def any_retrainer(connection: Connection) -> bool:
    """Whether one was heard of within ALIVE."""
    return _found(connection, "has_live_retrainer")


def counts(connection: Connection) -> Mapping[str, int]:
    """Runs by outcome; those without one by their state."""
    return {row["outcome"]: row["runs"] for row in connection.execute(QUERIES["count_runs"])}


def now(connection: Connection) -> Mapping[str, Any]:
    """What metrics say of the present: retrainers, schedule, ages in seconds, the running run's stage and progress."""
    row = connection.execute(QUERIES["retraining_now"], {"within": ALIVE}).fetchone()
    assert row is not None
    return row


def _known(connection: Connection, run_id: UUID) -> Run:
    run = get(connection, run_id)
    assert run is not None
    return run


def _held(run: Run) -> dict[str, Any]:
    return {"id": run.id, "fence": run.fence}


def _found(connection: Connection, query: str) -> bool:
    row = connection.execute(QUERIES[query], {"within": ALIVE}).fetchone()
    assert row is not None
    return bool(row["found"])


def _changed(connection: Connection, query: str, parameters: Mapping[str, Any]) -> bool:
    return connection.execute(QUERIES[query], parameters).fetchone() is not None
