"""Pictures whose label is known: what a retraining learns from, and what judges it."""

from typing import Annotated, Any

import structlog
from anyio import to_thread
from fastapi import APIRouter, Path, Query, Request, Response

from services.api import cursor
from services.api.deps import Curator, PartsOf, SingleValues
from services.api.errors import Problem
from services.api.gold import REQUEST_BODY, keep, labelled
from services.api.schemas.fields import Sha256
from services.api.schemas.gold import GoldCount, GoldDocument, GoldList, GoldQuery
from services.api.schemas.problems import problems
from shared.storage import gold

router = APIRouter(prefix="/v1/gold", tags=["gold"])

log = structlog.get_logger("api")

Picture = Annotated[Sha256, Path(description="SHA-256 of the image file, in hexadecimal.")]


@router.get("", responses=problems("unauthorized", "forbidden", "invalid-request", "unavailable"))
def list_gold(_: Curator, __: SingleValues, parts: PartsOf, query: Annotated[GoldQuery, Query()]) -> GoldList:
    """How many there are, and which, newest first, a page at a time. Needs the scope `models`."""
    filters = query.model_dump(include={"label", "part", "owner"})
    with parts.database.transaction() as connection:
        counted = gold.counts(connection, **filters)
        found = gold.page(connection, limit=query.limit + 1, before_id=cursor.decode(query.cursor), **filters)
    shown = found[: query.limit]
    following = cursor.encode(shown[-1]["id"]) if len(found) > len(shown) else None
    return GoldList(
        counts=[GoldCount(**row) for row in counted], images=[_document(row) for row in shown], next_cursor=following
    )


@router.post(
    "",
    status_code=201,
    openapi_extra={"requestBody": REQUEST_BODY},
    responses={
        200: {"model": GoldDocument, "description": "The image was there before, and stays as it is."},
        **problems(
            "bad-request",
            "unauthorized",
            "forbidden",
            "too-slow",
            "conflict",
            "too-large",
            "unsupported-format",
            "unsupported-media-type",
            "invalid-request",
            "too-many-pixels",
            "busy",
            "unavailable",
        ),
    },
)
async def add_gold(request: Request, response: Response, caller: Curator, parts: PartsOf) -> GoldDocument:
    """Keep an image whose label is known. Needs the scope `models`."""
    async with labelled(request, caller, parts) as (said, file):
        row, made = await to_thread.run_sync(keep, said, file, caller, parts, limiter=parts.upload_threads)
    if not made:
        response.status_code = 200
    return _document(row)


@router.delete(
    "/{sha256}", responses=problems("unauthorized", "forbidden", "not-found", "invalid-request", "unavailable")
)
def remove_gold(sha256: Picture, caller: Curator, parts: PartsOf) -> GoldDocument:
    """Take an image out of all that is trained or judged from now on, and delete it. Needs the scope `models`."""
    digest = bytes.fromhex(sha256)
    with parts.database.transaction() as connection:
        row = gold.remove(connection, digest, by=caller.key_id)
    if row is None:
        raise Problem("not-found", f"There is no labelled image {sha256}.")
    gold.erase_bytes(parts.database, parts.store, digest)
    return _document(row)


def _document(row: gold.Row) -> GoldDocument:
    shown: dict[str, Any] = {name: row[name] for name in GoldDocument.model_fields}
    return GoldDocument(**{**shown, "sha256": row["sha256"].hex()})
