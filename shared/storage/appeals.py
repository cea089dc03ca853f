"""Appeals and the files that came with them. No function here commits: whoever opened the transaction does."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO
from uuid import UUID

from psycopg import sql

from shared.domain import appeal as appeal_document
from shared.domain.appeal import AppealState, require_transition
from shared.domain.job import Job
from shared.domain.webhook import Event
from shared.storage import images, jobs, reviews, webhooks
from shared.storage.db import Connection
from shared.storage.links import Opened
from shared.storage.objects import ObjectStore
from shared.storage.queries import QUERIES

Row = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True, slots=True)
class AppealFile:
    """A file as it was sent: kept, never opened."""

    name: str
    size: int
    sha256: bytes
    file: BinaryIO


def appealable(connection: Connection, link: Opened, *, at_most: int) -> Job | None:
    """The job that one more appeal may be made against; None: it has no result (any more), or has `at_most` appeals."""
    job = jobs.get(connection, link.tenant_id, link.job_id)
    counted = connection.execute(QUERIES["count_appeals"], {"tenant_id": link.tenant_id, "id": link.job_id}).fetchone()
    assert counted is not None
    return job if job and job.result is not None and counted["appeals"] < at_most else None


def make(
    connection: Connection,
    store: ObjectStore,
    link: Opened,
    *,
    message: str,
    contact: str | None,
    files: Sequence[AppealFile],
    at_most: int,
) -> Row | None:
    """Write an appeal and announce it; None: as of `appealable`, which somebody else may have changed meanwhile.

    The files' bytes are in the store already; here their rows are held while that is made sure of, as an image's are.
    """
    jobs.lock(connection, link.tenant_id, link.job_id)
    job = appealable(connection, link, at_most=at_most)
    if job is None:
        return None
    parameters = {
        "tenant_id": link.tenant_id,
        "job_id": link.job_id,
        "link_id": link.link_id,
        "verdict": job.holding,
        "message": message,
        "contact": contact,
    }
    appeal = connection.execute(QUERIES["insert_appeal"], parameters).fetchone()
    assert appeal is not None
    # In the order of their hashes, so that two who send the same files never wait for one another.
    for number, one in sorted(enumerate(files, 1), key=lambda pair: pair[1].sha256):
        images.lock_kept(connection, store, one.file, tenant_id=link.tenant_id, sha256=one.sha256, size=one.size)
        connection.execute(QUERIES["refer_to_object"], {"tenant_id": link.tenant_id, "sha256": one.sha256})
        kept = {"appeal_id": appeal["id"], "number": number, "name": one.name, "bytes": one.size, "sha256": one.sha256}
        connection.execute(QUERIES["insert_appeal_file"], {**parameters, **kept})
    _announce(connection, Event.JOB_APPEALED, appeal["created_at"], job, appeal)
    return appeal


def decide(
    connection: Connection, tenant_id: UUID, held: Row, outcome: AppealState, **said: Any
) -> tuple[Row, Job] | None:
    """Decide the appeal `held` (locked) and write the review that this is; None: its job is erased meanwhile.

    `said` is as of `reviews.add`. Raises IllegalTransition.
    """
    require_transition(AppealState(held["state"]), outcome)
    review, job = reviews.record(connection, tenant_id, held["job_id"], **said, appeal_id=held["id"])
    if review is None or job is None:
        return None
    parameters = {"id": held["id"], "state": outcome, "reason": said["reason"], "reviewer": said["reviewer"]}
    decided = connection.execute(QUERIES["decide_appeal"], parameters).fetchone()
    assert decided is not None
    _announce(connection, Event.JOB_APPEAL_DECIDED, decided["decided_at"], job, decided)
    return decided, job


def _announce(connection: Connection, event: Event, at: Any, job: Job, appeal: Row) -> None:
    data = appeal_document.document(appeal, files(connection, appeal["id"]))
    webhooks.announce_appeal(connection, event, at, job, data)


def lock(connection: Connection, tenant_id: UUID, appeal_id: UUID) -> Row | None:
    """The appeal, held until the transaction ends, with its job, which is always locked first; None: there is none."""
    connection.execute(QUERIES["lock_job_of_appeal"], {"tenant_id": tenant_id, "id": appeal_id})
    return connection.execute(QUERIES["lock_appeal"], {"tenant_id": tenant_id, "id": appeal_id}).fetchone()


def get(connection: Connection, tenant_id: UUID, appeal_id: UUID) -> Row | None:
    return connection.execute(QUERIES["get_appeal"], {"tenant_id": tenant_id, "id": appeal_id}).fetchone()


def files(connection: Connection, appeal_id: UUID) -> list[Row]:
    return list(connection.execute(QUERIES["list_appeal_files"], {"appeal_id": appeal_id}))


def of_job(connection: Connection, tenant_id: UUID, job_id: UUID) -> list[Row]:
    """All appeals against one result, oldest first."""
    return list(connection.execute(QUERIES["list_appeals_of_job"], {"tenant_id": tenant_id, "id": job_id}))


def any_open(connection: Connection, tenant_id: UUID, job_id: UUID) -> bool:
    """Whether an appeal against the job waits to be decided."""
    return any(row["state"] == AppealState.OPEN for row in of_job(connection, tenant_id, job_id))


def page(connection: Connection, tenant_id: UUID, *, limit: int, **filters: Any) -> list[Row]:
    """Newest first. `filters`: before_id, state, job_id."""
    given = {name: value for name, value in filters.items() if value is not None}
    conditions = [sql.SQL(QUERIES[f"list_appeals_{name}"].decode()) for name in given]
    statement = sql.SQL(QUERIES["list_appeals"].decode()).format(
        conditions=sql.SQL(" AND ").join([*conditions, sql.SQL("true")])
    )
    return list(connection.execute(statement, {"tenant_id": tenant_id, "limit": limit, **given}))
