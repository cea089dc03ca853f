"""Reviews, and what they change: the opinion of the job, and whoever is told of that."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any
from uuid import UUID

from psycopg.types.json import Json

from shared.domain.job import Job
from shared.storage import jobs, webhooks
from shared.storage.db import Connection
from shared.storage.queries import QUERIES

Row = Mapping[str, Any]


def add(
    connection: Connection,
    tenant_id: UUID,
    job_id: UUID,
    *,
    label: str,
    reason: str,
    reviewer: str,
    checklist: Mapping[str, str] = MappingProxyType({}),
    appeal_id: UUID | None = None,
) -> Row | None:
    """Append what a person says; None: the tenant has no such job, or it is erased.

    A trigger (migration 0010) counts it into the job's opinion. With `appeal_id` it decides that appeal.
    """
    parameters = {
        "tenant_id": tenant_id,
        "job_id": job_id,
        "label": label,
        "reason": reason,
        "reviewer": reviewer,
        "checklist": Json(dict(checklist)),
        "appeal_id": appeal_id,
    }
    return connection.execute(QUERIES["insert_review"], parameters).fetchone()


def of_job(connection: Connection, tenant_id: UUID, job_id: UUID) -> list[Row]:
    return list(connection.execute(QUERIES["list_reviews"], {"tenant_id": tenant_id, "job_id": job_id}))


def record(
    connection: Connection, tenant_id: UUID, job_id: UUID, **said: Any
) -> tuple[Row, Job] | tuple[None, Job | None]:
    """Append a review (as `add`) and announce it: its row, and the job as it now stands.

    No row: the job is erased, or there is none. The job is held until the transaction ends, so that of two reviews at
    once each announces the verdict that the other left.
    """
    jobs.lock(connection, tenant_id, job_id)
    before = jobs.get(connection, tenant_id, job_id)
    if before is None:
        return None, None
    row = add(connection, tenant_id, job_id, **said)
    if row is None:
        return None, before
    after = jobs.get(connection, tenant_id, job_id)
    assert after is not None
    webhooks.announce_review(connection, after, row, before=before.holding)
    return row, after
