"""Spot checks: lent pictures of any tenant on which the operator's own reviewers are asked.

A reviewer sees the picture and nothing else: not whose it is, and not the score, with which they would come to agree.
"""

from typing import Annotated
from uuid import UUID

import structlog
from fastapi import APIRouter, Query, Response

from services.api import cursor
from services.api.deps import Labeller, PartsOf, SingleValues
from services.api.errors import Problem
from services.api.schemas.problems import problems
from services.api.schemas.spot_checks import SpotCheckAnswer, SpotCheckDocument, SpotCheckList, SpotCheckQuery
from shared.domain.audit import Action
from shared.errors import JobError
from shared.imaging.formats import Format
from shared.storage import audit, spot_checks
from shared.storage.spot_checks import Answer, Row

router = APIRouter(prefix="/v1/spot-checks", tags=["spot checks"])

log = structlog.get_logger("api")


@router.get("", responses=problems("unauthorized", "forbidden", "invalid-request", "unavailable"))
def list_spot_checks(
    _: Labeller, __: SingleValues, parts: PartsOf, query: Annotated[SpotCheckQuery, Query()]
) -> SpotCheckList:
    """What waits for a label, or what was labelled, the oldest first. Needs the scope `label`."""
    with parts.database.transaction() as connection:
        rows = spot_checks.page(
            connection,
            decided=query.state == "labelled",
            limit=query.limit + 1,
            after_id=cursor.decode(query.cursor),
        )
    shown = rows[: query.limit]
    following = cursor.encode(shown[-1]["id"]) if len(rows) > len(shown) else None
    return SpotCheckList(spot_checks=[_document(row) for row in shown], next_cursor=following)


@router.get(
    "/{check_id}/image",
    response_class=Response,
    responses={
        200: {
            "description": "The file as it was submitted.",
            "content": {f"image/{each}": {"schema": {"type": "string", "format": "binary"}} for each in Format},
        },
        **problems("unauthorized", "forbidden", "not-found", "invalid-request", "unavailable"),
    },
)
def read_spot_check_image(check_id: UUID, _: Labeller, parts: PartsOf) -> Response:
    """The picture, for as long as its job is lent. Needs the scope `label`."""
    with parts.database.transaction() as connection:
        row = _found(spot_checks.get(connection, check_id), check_id)
    try:
        data = parts.store.get_image(row["tenant_id"], row["sha256"])
    except JobError as exc:
        raise Problem("not-found", f"The picture of spot check {check_id} is gone.") from exc
    return Response(data, media_type=f"image/{row['format']}")


@router.post(
    "/{check_id}",
    responses=problems(
        "bad-request", "unauthorized", "forbidden", "not-found", "conflict", "invalid-request", "unavailable"
    ),
)
def label_spot_check(check_id: UUID, answer: SpotCheckAnswer, caller: Labeller, parts: PartsOf) -> SpotCheckDocument:
    """Say what the picture is, once; it outranks every score. Needs the scope `label`.

    It becomes gold for the next training or, as a regression case, what no later version may get wrong.
    """
    said = Answer(label=answer.label, reason=answer.reason, regression=answer.regression)
    with parts.database.transaction() as connection:
        _found(spot_checks.get(connection, check_id), check_id)
        row = spot_checks.label(connection, check_id, said, by=caller.key_id)
        if row is not None:
            details = {"label": answer.label, "regression": answer.regression}
            audit.record(connection, Action.SPOT_CHECK_LABELLED, check_id, by=caller.key_id, **details)
    if row is None:
        raise Problem("conflict", f"The spot check {check_id} is labelled already.", state="labelled")
    log.info("spot_check_labelled", check_id=str(check_id), label=answer.label, regression=answer.regression)
    return _document(row)


def _found(row: Row | None, check_id: UUID) -> Row:
    if row is None:
        raise Problem("not-found", f"There is no spot check {check_id}, or its picture is lent no more.")
    return row


def _document(row: Row) -> SpotCheckDocument:
    """Why it was drawn is said afterwards: before, it would hint at the answer."""
    is_decided = row["decided_at"] is not None
    return SpotCheckDocument(
        id=row["id"],
        state="labelled" if is_decided else "waiting",
        drawn_at=row["drawn_at"],
        kind=row["kind"] if is_decided else None,
        label=row["label"],
        reason=row["reason"],
        regression=row["regression"],
        decided_at=row["decided_at"],
        links={"image": f"/v1/spot-checks/{row['id']}/image"},
    )
