"""A review and what it changes: the opinion of the job, and whoever is told of that."""

from typing import Any
from uuid import UUID

from shared.domain.job import Job
from shared.storage import jobs, webhooks
from shared.storage.db import Connection

Row = jobs.Row


def record(
    connection: Connection, tenant_id: UUID, job_id: UUID, **said: Any
) -> tuple[Row, Job] | tuple[None, Job | None]:
    """Append a review (as `jobs.add_review`) and announce it: its row, and the job as it now stands.

    No row: the job is erased, or there is none. The job is held until the transaction ends, so that of two reviews at
    once each announces the verdict that the other left.
    """
    jobs.lock(connection, tenant_id, job_id)
    before = jobs.get(connection, tenant_id, job_id)
    if before is None:
        return None, None
    row = jobs.add_review(connection, tenant_id, job_id, **said)
    if row is None:
        return None, before
    after = jobs.get(connection, tenant_id, job_id)
    assert after is not None
    webhooks.announce_review(connection, after, row, before=before.holding)
    return row, after
