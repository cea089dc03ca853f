"""Jobs: submit, read, list, erase."""

from typing import Annotated
from uuid import UUID

import structlog
from anyio import to_thread
from fastapi import APIRouter, Query, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse

from services.api import cursor
from services.api.body import REQUEST_BODY, submission
from services.api.deps import (
    CountedSubmitter,
    IdempotencyKey,
    Parts,
    PartsOf,
    PlaceInQuota,
    PreferredWait,
    Reader,
    SingleValues,
    Submitter,
)
from services.api.errors import Problem
from services.api.overlay import overlay
from services.api.schemas.jobs import JobDocument, JobList, JobQuery
from services.api.schemas.problems import problems
from shared.domain.job import FINAL, Job
from shared.storage import jobs

router = APIRouter(prefix="/v1/jobs", tags=["jobs"])

log = structlog.get_logger("api")

_PREFERENCE_APPLIED = {
    "Preference-Applied": {"description": "The wait that was honoured.", "schema": {"type": "string"}}
}
_ACCEPTED_HEADERS = {
    "Location": {"description": "Where the job is read.", "schema": {"type": "string"}},
    "Retry-After": {"description": "Seconds after which to look again.", "schema": {"type": "integer"}},
    "Idempotency-Replayed": {
        "description": "`true` when an earlier request with the same key made the job.",
        "schema": {"type": "string"},
    },
    **_PREFERENCE_APPLIED,
}


@router.post(
    "",
    status_code=202,
    response_model=None,
    openapi_extra={"requestBody": REQUEST_BODY},
    responses={
        200: {"model": JobDocument, "description": "Waited for, and ended.", "headers": _ACCEPTED_HEADERS},
        202: {"model": JobDocument, "description": "Accepted, and kept.", "headers": _ACCEPTED_HEADERS},
        **problems(
            "bad-request",
            "unauthorized",
            "forbidden",
            "too-slow",
            "too-large",
            "unsupported-format",
            "unsupported-media-type",
            "invalid-request",
            "too-many-pixels",
            "forbidden-address",
            "idempotency-mismatch",
            "rate-limited",
            "quota-exceeded",
            "backlog-full",
            "busy",
            "unavailable",
        ),
    },
)
async def submit_job(
    *,
    request: Request,
    caller: CountedSubmitter,
    place: PlaceInQuota,
    parts: PartsOf,
    key: IdempotencyKey,
    wait: PreferredWait,
) -> Response:
    """Verify an image: a file in a form, or a link in JSON. Needs the scope `submit`."""
    most = parts.settings.max_body_bytes
    async with submission(request, parts.upload_room, caller.tenant_id, most) as (said, file):
        job, replayed = await to_thread.run_sync(
            parts.submissions.accept, caller.tenant_id, said, file, key, limiter=parts.upload_threads
        )
    place.used = not replayed
    job = await _wait(parts, job, wait)
    ended = wait is not None and job.state in FINAL
    response = _answer(job, wait, status=200 if ended else 202)
    response.headers["Location"] = f"/v1/jobs/{job.id}"
    if not ended:
        response.headers["Retry-After"] = "1"
    if replayed:
        response.headers["Idempotency-Replayed"] = "true"
    return response


@router.get(
    "/{job_id}",
    response_model=None,
    responses={
        200: {"model": JobDocument, "headers": _PREFERENCE_APPLIED},
        **problems("unauthorized", "forbidden", "not-found", "invalid-request", "unavailable"),
    },
)
async def read_job(job_id: UUID, caller: Reader, parts: PartsOf, wait: PreferredWait) -> Response:
    """One job, in whatever state it is. Needs the scope `read`."""
    job = await run_in_threadpool(_find, parts, caller.tenant_id, job_id)
    return _answer(await _wait(parts, job, wait), wait)


@router.get(
    "",
    response_model=None,
    responses={200: {"model": JobList}, **problems("unauthorized", "forbidden", "invalid-request", "unavailable")},
)
def list_jobs(caller: Reader, _: SingleValues, parts: PartsOf, query: Annotated[JobQuery, Query()]) -> Response:
    """Jobs, newest first, a page at a time. Needs the scope `read`."""
    filters = query.model_dump(exclude={"limit", "cursor"})
    before = cursor.decode(query.cursor)
    with parts.database.transaction() as connection:
        found = jobs.page(connection, caller.tenant_id, limit=query.limit + 1, before_id=before, **filters)
    shown = found[: query.limit]
    following = cursor.encode(shown[-1].id) if len(found) > len(shown) else None
    return JSONResponse({"jobs": [job.document() for job in shown], "next_cursor": following})


@router.get(
    "/{job_id}/map.png",
    response_class=Response,
    responses={
        200: {
            "description": "A PNG with transparency, in the shape of the upright image and to be laid over it.",
            "content": {"image/png": {"schema": {"type": "string", "format": "binary"}}},
        },
        **problems("unauthorized", "forbidden", "not-found", "invalid-request", "unavailable"),
    },
)
def read_map(job_id: UUID, caller: Reader, parts: PartsOf) -> Response:
    """Which parts of the image speak for AI generation, where the model draws such a map. Needs the scope `read`."""
    with parts.database.transaction() as connection:
        job = jobs.get(connection, caller.tenant_id, job_id)
        evidence = jobs.evidence_map(connection, caller.tenant_id, job_id)
    if job is None:
        raise _unknown(job_id)
    if evidence is None or job.image_width is None or job.image_height is None:
        raise Problem("not-found", _why_no_map(job))
    return Response(overlay(evidence, job.image_width, job.image_height), media_type="image/png")


@router.delete(
    "/{job_id}",
    response_model=None,
    responses={
        200: {"model": JobDocument, "description": "Erased, now or before."},
        **problems("unauthorized", "forbidden", "not-found", "invalid-request", "unavailable"),
    },
)
def erase_job(job_id: UUID, caller: Submitter, parts: PartsOf) -> Response:
    """Erase the image and everything said of it; an empty job remains. Needs the scope `submit`."""
    with parts.database.transaction() as connection:
        job = jobs.erase(connection, caller.tenant_id, job_id)
    if job is None:
        raise _unknown(job_id)
    log.info("job_erased", job_id=str(job_id))
    return JSONResponse(job.document())


async def _wait(parts: Parts, job: Job, seconds: float | None) -> Job:
    """The job as it is when it has ended or `seconds` are over. Holds no thread."""
    if seconds is None or job.state in FINAL:
        return job
    await parts.watch.wait(job.id, seconds)
    return await run_in_threadpool(_find, parts, job.tenant_id, job.id)


def _find(parts: Parts, tenant_id: UUID, job_id: UUID) -> Job:
    with parts.database.transaction() as connection:
        job = jobs.get(connection, tenant_id, job_id)
    if job is None:
        raise _unknown(job_id)
    return job


def _why_no_map(job: Job) -> str:
    if job.state not in FINAL:
        return f"Job {job.id} is {job.state}: its map, if its model draws one, comes with its result."
    if job.result is None:
        return f"Job {job.id} is {job.state} and has no map."
    return f"Job {job.id} was scored by version {job.result['model']['version']}, which draws no map."


def _unknown(job_id: UUID) -> Problem:
    return Problem("not-found", f"There is no job {job_id}.")


def _answer(job: Job, wait: float | None, status: int = 200) -> JSONResponse:
    headers = {} if wait is None else {"Preference-Applied": f"wait={wait:g}"}
    return JSONResponse(job.document(), status, headers)
