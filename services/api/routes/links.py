"""Permanent links: a tenant lets others read one result, and takes that back."""

from uuid import UUID

import structlog
from fastapi import APIRouter

from services.api.deps import PartsOf, Reader, Submitter
from services.api.errors import Problem, invalid
from services.api.schemas.links import LinkDocument, LinkList, LinkRequest, NewLinkDocument
from services.api.schemas.problems import problems
from shared.domain.job import Job, State
from shared.storage import jobs, links
from shared.storage.db import Connection

router = APIRouter(prefix="/v1/jobs/{job_id}/links", tags=["links"])

MAX_LINKS = 20
"""Open ones of one job."""

log = structlog.get_logger("api")

_OF_ONE = ("unauthorized", "forbidden", "not-found", "invalid-request", "unavailable")


@router.post("", status_code=201, responses=problems("bad-request", *_OF_ONE, "conflict"))
def create_link(job_id: UUID, said: LinkRequest, caller: Submitter, parts: PartsOf) -> NewLinkDocument:
    """Let whoever has the link see the picture and its result, without a key, and appeal. Needs the scope `submit`."""
    with parts.database.transaction() as connection:
        job = _find(connection, caller.tenant_id, job_id)
        if job.state is State.ERASED:
            raise Problem("conflict", f"The job {job_id} is {State.ERASED}.", state=State.ERASED)
        if said.expires_at and said.expires_at <= links.clock(connection):
            raise invalid({"expires_at": "lies in the past"})
        made = links.create(connection, caller.tenant_id, job_id, expires_at=said.expires_at, at_most=MAX_LINKS)
    if made is None:
        raise Problem("conflict", f"The job {job_id} has {MAX_LINKS} open links: revoke one first.")
    row, token = made
    log.info("link_created", job_id=str(job_id), link_id=str(row["id"]))
    return NewLinkDocument(**row, path=f"/r/{token}")


@router.get("", responses=problems(*_OF_ONE))
def list_links(job_id: UUID, caller: Reader, parts: PartsOf) -> LinkList:
    """The links of a job, the open ones first; never what they are. Needs the scope `read`."""
    with parts.database.transaction() as connection:
        _find(connection, caller.tenant_id, job_id, lock=False)
        rows = links.of_job(connection, caller.tenant_id, job_id)
    return LinkList(links=[LinkDocument(**row) for row in rows])


@router.delete("/{link_id}", responses=problems(*_OF_ONE))
def revoke_link(job_id: UUID, link_id: UUID, caller: Submitter, parts: PartsOf) -> LinkDocument:
    """Let nobody read the result by this link any more. Needs the scope `submit`."""
    with parts.database.transaction() as connection:
        row = links.revoke(connection, caller.tenant_id, job_id, link_id)
    if row is None:
        raise Problem("not-found", f"The job {job_id} has no link {link_id}.")
    log.info("link_revoked", job_id=str(job_id), link_id=str(link_id))
    return LinkDocument(**row)


def _find(connection: Connection, tenant_id: UUID, job_id: UUID, *, lock: bool = True) -> Job:
    if lock:
        jobs.lock(connection, tenant_id, job_id)
    job = jobs.get(connection, tenant_id, job_id)
    if job is None:
        raise Problem("not-found", f"There is no job {job_id}.")
    return job
