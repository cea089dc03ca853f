"""Retraining runs: ask for one, watch it, cancel it."""

from typing import Annotated
from uuid import UUID

import structlog
from fastapi import APIRouter, Query, Response

from services.api import cursor
from services.api.deps import Curator, IdempotencyKey, PartsOf, SingleValues
from services.api.errors import Problem
from services.api.schemas.problems import problems
from services.api.schemas.retraining import RetrainingRequest, RunDocument, RunList, RunQuery
from shared.domain.audit import Action
from shared.storage import audit, retraining
from shared.storage.retraining import Order

router = APIRouter(prefix="/v1/retraining", tags=["retraining"])

NOBODY = (
    "No retrainer is alive, so nothing was queued. `jinwi up` starts one where torch is installed: "
    "pip install 'jinwi[retrainer]', then start it again; elsewhere run `python -m services.retrainer`."
)

log = structlog.get_logger("api")


@router.post(
    "",
    status_code=202,
    responses={
        202: {
            "headers": {
                "Location": {"description": "Where the run is read.", "schema": {"type": "string"}},
                "Retry-After": {"description": "Seconds after which to look again.", "schema": {"type": "integer"}},
            }
        },
        **problems(
            "bad-request",
            "unauthorized",
            "forbidden",
            "no-retrainer",
            "invalid-request",
            "idempotency-mismatch",
            "unavailable",
        ),
    },
)
def start_run(
    wanted: RetrainingRequest, caller: Curator, parts: PartsOf, key: IdempotencyKey, response: Response
) -> RunDocument:
    """Ask for a run; it waits for those before it. Needs the scope `models`."""
    order = Order(
        mode=parts.settings.retrain_mode if wanted.mode is None else wanted.mode,
        min_samples=parts.settings.retrain_min_samples if wanted.min_samples is None else wanted.min_samples,
        seed=wanted.seed,
    )
    with parts.database.transaction() as connection:
        if not retraining.any_retrainer(connection):
            raise Problem("no-retrainer", NOBODY)
        run = retraining.ask(connection, order, by=caller.key_id, idempotency_key=key)
        audit.record(connection, Action.RETRAINING_ASKED, run.id, by=caller.key_id, mode=order.mode)
    parts.publisher.offer_run(run.id)
    log.info("run_asked_for", run_id=str(run.id), mode=order.mode)
    response.headers["Location"] = f"/v1/retraining/{run.id}"
    response.headers["Retry-After"] = "1"
    return RunDocument.of(run)


@router.get("", responses=problems("unauthorized", "forbidden", "invalid-request", "unavailable"))
def list_runs(_: Curator, __: SingleValues, parts: PartsOf, query: Annotated[RunQuery, Query()]) -> RunList:
    """All runs, newest first, a page at a time. Needs the scope `models`."""
    with parts.database.transaction() as connection:
        found = retraining.page(connection, limit=query.limit + 1, before_id=cursor.decode(query.cursor))
    shown = found[: query.limit]
    following = cursor.encode(shown[-1].id) if len(found) > len(shown) else None
    return RunList(runs=[RunDocument.of(run) for run in shown], next_cursor=following)


@router.get("/{run_id}", responses=problems("unauthorized", "forbidden", "not-found", "invalid-request", "unavailable"))
def read_run(run_id: UUID, _: Curator, parts: PartsOf) -> RunDocument:
    """One run: how far it is, or how it ended. Needs the scope `models`."""
    with parts.database.transaction() as connection:
        run = retraining.get(connection, run_id)
    if run is None:
        raise _unknown(run_id)
    return RunDocument.of(run)


@router.post(
    "/{run_id}/cancel",
    responses=problems("unauthorized", "forbidden", "not-found", "conflict", "invalid-request", "unavailable"),
)
def cancel_run(run_id: UUID, caller: Curator, parts: PartsOf) -> RunDocument:
    """Cancel a run: at once while it is queued, at its next step while it runs. Needs the scope `models`."""
    with parts.database.transaction() as connection:
        run = retraining.cancel(connection, run_id)
        if run is None:
            raise _not_to_be_cancelled(retraining.get(connection, run_id) is None, run_id)
        audit.record(connection, Action.RETRAINING_CANCELLED, run_id, by=caller.key_id)
    log.info("run_cancelled", run_id=str(run_id))
    return RunDocument.of(run)


def _unknown(run_id: UUID) -> Problem:
    return Problem("not-found", f"There is no retraining run {run_id}.")


def _not_to_be_cancelled(unknown: bool, run_id: UUID) -> Problem:
    return _unknown(run_id) if unknown else Problem("conflict", "The run has ended, and stays as it ended.")
