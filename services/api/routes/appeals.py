"""Appeals, as a tenant's reviewers see and decide them. They are made on the page of a result."""

from collections.abc import Iterator
from typing import Annotated
from uuid import UUID

import structlog
from anyio import to_thread
from fastapi import APIRouter, Path, Query
from fastapi.responses import StreamingResponse

from services.api import cursor
from services.api.deps import Parts, PartsOf, Reader, Reviewer, SingleValues
from services.api.errors import Problem, invalid
from services.api.schemas.appeals import AppealDocument, AppealList, AppealQuery, DecisionRequest
from services.api.schemas.problems import problems
from shared.domain.appeal import MAX_FILES, AppealState, LabelNeeded, decided_label, document
from shared.domain.job import State
from shared.errors import JobError
from shared.storage import appeals
from shared.storage.db import Connection

router = APIRouter(prefix="/v1/appeals", tags=["appeals"])

log = structlog.get_logger("api")

_OF_ONE = ("unauthorized", "forbidden", "not-found", "invalid-request", "unavailable")


@router.get("", responses=problems("unauthorized", "forbidden", "invalid-request", "unavailable"))
def list_appeals(caller: Reader, _: SingleValues, parts: PartsOf, query: Annotated[AppealQuery, Query()]) -> AppealList:
    """Appeals against the tenant's results, newest first, a page at a time. Needs the scope `read`."""
    filters = query.model_dump(include={"state", "job_id"})
    before = cursor.decode(query.cursor)
    with parts.database.transaction() as connection:
        found = appeals.page(connection, caller.tenant_id, limit=query.limit + 1, before_id=before, **filters)
        shown = [_document(connection, row) for row in found[: query.limit]]
    following = cursor.encode(shown[-1].id) if len(found) > len(shown) else None
    return AppealList(appeals=shown, next_cursor=following)


@router.get("/{appeal_id}", responses=problems(*_OF_ONE))
def read_appeal(appeal_id: UUID, caller: Reader, parts: PartsOf) -> AppealDocument:
    """One appeal. Needs the scope `read`."""
    with parts.database.transaction() as connection:
        row = appeals.get(connection, caller.tenant_id, appeal_id)
        if row is None:
            raise _unknown(appeal_id)
        return _document(connection, row)


@router.get(
    "/{appeal_id}/files/{number}",
    response_class=StreamingResponse,
    responses={
        200: {
            "description": "The bytes as they were sent, whatever they are.",
            "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
        },
        **problems(*_OF_ONE),
    },
)
async def read_appeal_file(
    appeal_id: UUID, number: Annotated[int, Path(ge=1, le=MAX_FILES)], caller: Reader, parts: PartsOf
) -> StreamingResponse:
    """A file of an appeal, to be saved and never shown by a browser. Needs the scope `read`."""
    file, pieces = await to_thread.run_sync(
        _open_file, parts, caller.tenant_id, appeal_id, number, limiter=parts.upload_threads
    )
    headers = {
        # The name that its sender gave it stays in the document: here it could only mislead whoever saves it.
        "Content-Disposition": f'attachment; filename="{appeal_id}-{number}.bin"',
        "Content-Length": str(file["bytes"]),
    }
    return StreamingResponse(pieces, media_type="application/octet-stream", headers=headers)


@router.post("/{appeal_id}/decision", responses=problems("bad-request", *_OF_ONE, "conflict"))
def decide_appeal(appeal_id: UUID, said: DecisionRequest, caller: Reviewer, parts: PartsOf) -> AppealDocument:
    """Let the verdict stand, or overturn it; the decision is a review too. Needs the scope `review`."""
    outcome = AppealState(said.outcome)
    with parts.database.transaction() as connection:
        held = appeals.lock(connection, caller.tenant_id, appeal_id)
        if held is None:
            raise _unknown(appeal_id)
        if held["state"] != AppealState.OPEN:
            raise Problem("conflict", f"The appeal {appeal_id} is {held['state']} already.", state=held["state"])
        try:
            label = decided_label(outcome, held["verdict"], said.label)
        except LabelNeeded as exc:
            raise invalid({"label": str(exc)}) from exc
        review = {"reason": said.reason, "reviewer": said.reviewer, "checklist": said.checklist, "label": label}
        decided = appeals.decide(connection, caller.tenant_id, held, outcome, **review)
        if decided is None:
            raise Problem("conflict", f"The job of the appeal {appeal_id} is {State.ERASED}.", state=State.ERASED)
        answer = _document(connection, decided[0])
    log.info("appeal_decided", appeal_id=str(appeal_id), outcome=outcome)
    return answer


def _open_file(parts: Parts, tenant_id: UUID, appeal_id: UUID, number: int) -> tuple[appeals.Row, Iterator[bytes]]:
    """The file's row and its bytes; raises Problem."""
    with parts.database.transaction() as connection:
        row = appeals.get(connection, tenant_id, appeal_id)
        files = appeals.files(connection, appeal_id) if row else []
    file = next((file for file in files if file["number"] == number), None)
    if file is None:
        raise Problem("not-found", f"The appeal {appeal_id} has no file {number}.")
    try:
        return file, parts.store.image_pieces(tenant_id, file["sha256"])
    except JobError as exc:
        raise Problem("not-found", f"The file {number} of the appeal {appeal_id} is gone from the store.") from exc


def _document(connection: Connection, row: appeals.Row) -> AppealDocument:
    return AppealDocument.model_validate(document(row, appeals.files(connection, row["id"])))


def _unknown(appeal_id: UUID) -> Problem:
    return Problem("not-found", f"There is no appeal {appeal_id}.")
