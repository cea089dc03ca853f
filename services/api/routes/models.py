"""Model versions and their cards: what scores, and what it says of itself."""

from typing import Annotated

import structlog
from anyio import to_thread
from fastapi import APIRouter, Path, Query, Request, Response
from fastapi.responses import JSONResponse, PlainTextResponse, StreamingResponse

from services.api import versions
from services.api.deps import Curator, Parts, PartsOf, Reader, SingleValues
from services.api.errors import Problem, invalid
from services.api.schemas.changelog import Changelog, ChangelogQuery
from services.api.schemas.fields import VersionOrAlias
from services.api.schemas.models import ModelDocument, ModelList, Promotion, PromotionRequest, RemovalQuery
from services.api.schemas.problems import problems
from services.api.schemas.rollout import FreezeDocument, Reason
from shared import archive
from shared.domain.changelog import markdown
from shared.domain.tenant import Caller
from shared.errors import Busy, ForceNeeded, VersionNeeded
from shared.storage import changelog, lifecycle, models, removal
from shared.storage.db import Connection

router = APIRouter(prefix="/v1/models", tags=["models"])

log = structlog.get_logger("api")

Version = Annotated[
    VersionOrAlias,
    Path(description="A version, or `champion`, `challenger`, `previous`.", examples=["champion"]),
]


@router.get("", responses=problems("unauthorized", "forbidden", "unavailable"))
def list_models(_: Reader, parts: PartsOf) -> ModelList:
    """All versions, newest first. Needs the scope `read`."""
    with parts.database.transaction() as connection:
        rows, frozen = models.all_versions(connection), lifecycle.freeze(connection)["frozen"]
    return ModelList(models=[_document(row) for row in rows], frozen=frozen)


# Before the routes of a version: whoever is told which methods this path knows is told those of the first that fits.
@router.post(
    "/rollback",
    responses=problems("unauthorized", "forbidden", "conflict", "unavailable"),
)
def roll_back(caller: Curator, parts: PartsOf) -> ModelDocument:
    """Make the version with the alias `previous` champion again. Needs the scope `models`."""
    with parts.database.transaction() as connection:
        moved = lifecycle.roll_back(connection, by=caller.key_id, why="rolled back by hand")
        if moved is None:
            raise Problem("conflict", "There is no previous version to return to. Promote one by its number.")
        row = _require(connection, moved["version"])
    log.info("model_rolled_back", version=row["version"])
    return _document(row)


@router.post(
    "/freeze", responses=problems("bad-request", "unauthorized", "forbidden", "invalid-request", "unavailable")
)
def freeze(caller: Curator, parts: PartsOf, said: Reason = None) -> FreezeDocument:
    """Let no version come into service by itself; stops, and what people do, go on. Needs the scope `models`."""
    return _set_freeze(caller, parts, said, frozen=True)


@router.post(
    "/unfreeze", responses=problems("bad-request", "unauthorized", "forbidden", "invalid-request", "unavailable")
)
def unfreeze(caller: Curator, parts: PartsOf, said: Reason = None) -> FreezeDocument:
    """Let versions come into service by themselves again. Needs the scope `models`."""
    return _set_freeze(caller, parts, said, frozen=False)


def _set_freeze(caller: Caller, parts: Parts, said: Reason, *, frozen: bool) -> FreezeDocument:
    why = said.why if said else None
    with parts.database.transaction() as connection:
        row = lifecycle.set_freeze(connection, frozen=frozen, by=caller.key_id, why=why)
    log.info("models_frozen", frozen=frozen)
    return FreezeDocument(**row)


@router.get(
    "/changelog",
    response_model=Changelog,
    responses={
        200: {
            "description": "Newest first; as Markdown where `Accept` says `text/markdown`.",
            "content": {"text/markdown": {"schema": {"type": "string"}}},
        },
        **problems("unauthorized", "forbidden", "invalid-request", "unavailable"),
    },
)
def read_changelog(
    request: Request, _: Curator, __: SingleValues, parts: PartsOf, query: Annotated[ChangelogQuery, Query()]
) -> Response:
    """What became of each version, and of each candidate that was refused. Needs the scope `models`."""
    with parts.database.transaction() as connection:
        found = changelog.entries(connection, limit=query.limit)
    # RFC 9110, section 12.5.1: a client that names the type wants it; nobody else is surprised.
    if "text/markdown" in request.headers.get("accept", "").lower():
        return PlainTextResponse(markdown(found), media_type="text/markdown", headers={"Vary": "Accept"})
    content = Changelog.model_validate({"entries": found}).model_dump(mode="json")
    return JSONResponse(content, headers={"Vary": "Accept"})


@router.get(
    "/{version}", responses=problems("unauthorized", "forbidden", "not-found", "invalid-request", "unavailable")
)
def read_model(version: Version, _: Reader, parts: PartsOf) -> ModelDocument:
    """One version with its card, also where it was removed. Needs the scope `read`."""
    with parts.database.transaction() as connection:
        row = models.get(connection, version) or models.get_removed(connection, version)
    if row is None:
        raise _unknown(version)
    return _document(row)


@router.get(
    "/{version}/archive",
    response_class=StreamingResponse,
    responses={
        200: {
            "description": "The version as one file, which `jinwi models import` and `pull` read: an uncompressed tar.",
            "content": {"application/x-tar": {"schema": {"type": "string", "format": "binary"}}},
        },
        **problems("unauthorized", "forbidden", "not-found", "invalid-request", "unavailable"),
    },
)
def export_model(version: Version, _: Curator, parts: PartsOf) -> StreamingResponse:
    """All files of a version as one, its signature among them. Needs the scope `models`."""
    with parts.database.transaction() as connection:
        row = _require(connection, version)
    length, pieces = versions.packed(row, parts.store)
    name = archive.file_name(row["name"], row["version"])
    headers = {"Content-Length": str(length), "Content-Disposition": f'attachment; filename="{name}"'}
    return StreamingResponse(pieces, media_type="application/x-tar", headers=headers)


@router.post(
    "",
    status_code=201,
    openapi_extra={"requestBody": versions.REQUEST_BODY},
    responses={
        200: {"model": ModelDocument, "description": "The very same files were registered before."},
        **problems(
            "bad-request",
            "unauthorized",
            "forbidden",
            "too-slow",
            "conflict",
            "too-large",
            "unsupported-media-type",
            "invalid-request",
            "busy",
            "unavailable",
        ),
    },
)
async def upload_model(request: Request, response: Response, caller: Curator, parts: PartsOf) -> ModelDocument:
    """Register a model version: every file of its directory in one form. Needs the scope `models`."""
    async with versions.uploaded(request, parts.model_spool, caller.key_id) as files:
        row, made = await to_thread.run_sync(
            versions.register,
            files,
            caller.key_id,
            parts.database,
            parts.store,
            parts.settings,
            limiter=parts.upload_threads,
        )
    if made:
        log.info("model_uploaded", version=row["version"], model=row["name"])
    else:
        response.status_code = 200
    return _document(row)


@router.post(
    "/{version}/promote",
    responses=problems(
        "bad-request", "unauthorized", "forbidden", "not-found", "conflict", "invalid-request", "unavailable"
    ),
)
def promote(version: Version, caller: Curator, parts: PartsOf, said: Promotion = None) -> ModelDocument:
    """Make a version champion, and the champion `previous`. Needs the scope `models`."""
    said = said or PromotionRequest()
    if said.force and said.why is None:
        raise invalid({"why": "must say why a version is promoted by force"})
    try:
        with parts.database.transaction() as connection:
            row = _require(connection, version)
            why = said.why or "promoted by hand"
            lifecycle.promote(connection, row["version"], by=caller.key_id, why=why, force=said.force)
            row = _require(connection, row["version"])
    except ForceNeeded as exc:
        raise Problem(
            "conflict", f"{str(exc).capitalize()}: read why, and promote it with `force` and a `why` if you must."
        ) from exc
    log.info("model_promoted", version=row["version"], forced=said.force)
    return _document(row)


@router.delete(
    "/{version}",
    responses=problems("unauthorized", "forbidden", "not-found", "conflict", "invalid-request", "unavailable"),
)
def remove_model(
    version: Version, caller: Curator, _: SingleValues, parts: PartsOf, query: Annotated[RemovalQuery, Query()]
) -> ModelDocument:
    """Delete the files of a version that nothing needs; its card and its moves stay. Needs the scope `models`."""
    why = query.why or "removed by hand"
    try:
        row = removal.remove(parts.database, parts.store, version, by=caller.key_id, why=why)
    except Busy as exc:
        raise Problem("conflict", versions.BUSY) from exc
    except VersionNeeded as exc:
        raise Problem("conflict", str(exc)) from exc
    if row is None:
        raise _unknown(version)
    log.info("model_removed", version=row["version"])
    return _document(row)


def _require(connection: Connection, version: str) -> models.Row:
    row = models.get(connection, version)
    if row is None:
        raise _unknown(version)
    return row


def _unknown(version: str) -> Problem:
    return Problem("not-found", f"There is no model version or alias {version}.")


def _document(row: models.Row) -> ModelDocument:
    return ModelDocument(
        version=row["version"],
        name=row["name"],
        aliases=row["aliases"],
        sha256=row["sha256"].hex(),
        origin=row["origin"],
        signed_by=row["signed_by"],
        state=row["state"],
        since=row["since"],
        created_at=row["created_at"],
        card=row["card"],
    )
