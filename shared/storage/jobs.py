"""Jobs in Postgres. No function here commits: whoever opened the transaction does."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from psycopg import sql
from psycopg.types.json import Json

from shared.domain.evidence import EvidenceMap
from shared.domain.job import TRANSITIONS, Job, Lane, Stage, State
from shared.errors import IdempotencyMismatch
from shared.storage.db import Connection
from shared.storage.queries import QUERIES


@dataclass(frozen=True, kw_only=True, slots=True)
class NewJob:
    """A submission, checked. Either `sha256` (its object is locked in this transaction) or `url`."""

    tenant_id: UUID
    stage: Stage
    lane: Lane
    url: str | None = None
    sha256: bytes | None = None
    external_id: str | None = None
    metadata: Mapping[str, Any]
    callback_url: str | None = None
    allow_training: bool = False
    evidence: str | None = None
    """`basic` or `full`; None: as the tenant's policy says."""
    reference_index: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Idempotency:
    key: str
    fingerprint: bytes
    remember: timedelta


def replay(connection: Connection, tenant_id: UUID, idempotency: Idempotency) -> UUID | None:
    """The job that this key made before, if any; raises IdempotencyMismatch when the request was another."""
    found = connection.execute(
        QUERIES["find_idempotency_key"], {"tenant_id": tenant_id, "key": idempotency.key}
    ).fetchone()
    if found is None:
        return None
    if found["fingerprint"] not in (idempotency.fingerprint, b""):
        raise IdempotencyMismatch(f"the key {idempotency.key!r} was used for a different request")
    return UUID(str(found["job_id"]))


def submit(connection: Connection, new: NewJob, idempotency: Idempotency | None = None) -> tuple[UUID, bool]:
    """Write the job and its idempotency key. Returns the id, and whether this call made it (False: a replay)."""
    job_id = None
    if idempotency is not None:
        reserved = connection.execute(
            QUERIES["reserve_idempotency_key"],
            {
                "tenant_id": new.tenant_id,
                "key": idempotency.key,
                "fingerprint": idempotency.fingerprint,
                "remember": idempotency.remember,
            },
        ).fetchone()
        if reserved is None and (earlier := replay(connection, new.tenant_id, idempotency)):
            return earlier, False
        job_id = reserved["job_id"] if reserved else None
    row = connection.execute(
        QUERIES["insert_job"],
        {
            "id": job_id,
            "tenant_id": new.tenant_id,
            "stage": new.stage,
            "lane": new.lane,
            "url": new.url,
            "sha256": new.sha256,
            "external_id": new.external_id,
            "metadata": Json(dict(new.metadata)),
            "callback_url": new.callback_url,
            "allow_training": new.allow_training,
            "evidence": new.evidence,
            "reference_index": new.reference_index,
        },
    ).fetchone()
    if new.sha256 is not None:
        connection.execute(QUERIES["refer_to_object"], {"tenant_id": new.tenant_id, "sha256": new.sha256})
    assert row is not None
    return UUID(str(row["id"])), True


def get(connection: Connection, tenant_id: UUID, job_id: UUID) -> Job | None:
    row = connection.execute(QUERIES["get_job"], {"tenant_id": tenant_id, "id": job_id}).fetchone()
    return Job.from_row(row) if row else None


def lock(connection: Connection, tenant_id: UUID, job_id: UUID) -> None:
    """Hold the job, if there is one, until the transaction ends."""
    connection.execute(QUERIES["lock_job"], {"tenant_id": tenant_id, "id": job_id})


def page(connection: Connection, tenant_id: UUID, *, limit: int, **filters: Any) -> list[Job]:
    """Newest first. `filters`: before_id, state, verdict, review, external_id, created_after, created_before."""
    given = {name: value for name, value in filters.items() if value is not None}
    names = [f"review_{value}" if name == "review" else name for name, value in given.items()]
    conditions = [sql.SQL(QUERIES[f"list_jobs_{name}"].decode()) for name in names]
    statement = sql.SQL(QUERIES["list_jobs"].decode()).format(
        conditions=sql.SQL(" AND ").join([*conditions, sql.SQL("true")])
    )
    rows = connection.execute(statement, {"tenant_id": tenant_id, "limit": limit, **given})
    return [Job.from_row(row) for row in rows]


def evidence_map(connection: Connection, tenant_id: UUID, job_id: UUID) -> EvidenceMap | None:
    """None: the tenant has no such job, or it has no map."""
    row = connection.execute(QUERIES["get_evidence_map"], {"tenant_id": tenant_id, "id": job_id}).fetchone()
    return EvidenceMap(columns=row["columns"], cells=row["cells"]) if row else None


def erase(connection: Connection, tenant_id: UUID, job_id: UUID) -> Job | None:
    """Clear everything that the job says or shows, whatever its state; None: the tenant has no such job."""
    held = connection.execute(QUERIES["lock_job"], {"tenant_id": tenant_id, "id": job_id}).fetchone()
    if held is None:
        return None
    if State.ERASED in TRANSITIONS[State(held["state"])]:
        parameters = {"id": job_id}
        for name in (
            "erase_job",
            "erase_fingerprint",
            "erase_deliveries",
            "erase_delivery_responses",
            "erase_reviews",
        ):
            connection.execute(QUERIES[name], parameters)
        if held["sha256"] is not None:
            connection.execute(QUERIES["leave_object"], {"tenant_id": tenant_id, "sha256": held["sha256"]})
    return get(connection, tenant_id, job_id)


def past_retention(connection: Connection, *, limit: int) -> list[tuple[UUID, UUID]]:
    """(tenant, job) of finished jobs older than their tenant's policy keeps them, and without an open appeal."""
    rows = connection.execute(QUERIES["jobs_past_retention"], {"limit": limit})
    return [(row["tenant_id"], row["id"]) for row in rows]


def forget_idempotency_keys(connection: Connection) -> None:
    """Drop the keys whose time is over."""
    connection.execute(QUERIES["forget_idempotency_keys"])


def make_partitions(connection: Connection) -> int:
    """Make the partitions of this month and the six that follow, where they are missing; how many were."""
    row = connection.execute(QUERIES["ensure_partitions"]).fetchone()
    assert row is not None
    return int(row["made"])
