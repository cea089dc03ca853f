"""Jobs in Postgres. No function here commits: whoever opened the transaction does."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from types import MappingProxyType
from typing import Any
from uuid import UUID

from psycopg import sql
from psycopg.types.json import Json, Jsonb

from shared.domain.evidence import EvidenceMap
from shared.domain.job import (
    CRASH_CAP,
    TRANSITIONS,
    Claim,
    Job,
    Lane,
    Outcome,
    Stage,
    State,
    error_document,
    require_transition,
)
from shared.errors import IdempotencyMismatch
from shared.storage.db import Connection
from shared.storage.queries import QUERIES

Row = Mapping[str, Any]


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


def claim(
    connection: Connection, stage: Stage, *, named: Sequence[UUID], limit: int, worker: str, lease: timedelta
) -> list[Claim]:
    """Take up to `limit` due jobs: the named ones, then interactive, then bulk, each oldest first.

    A job that once outlived its lease is taken alone, so that one poison image cannot bury its neighbours.
    """
    locked = list(connection.execute(QUERIES["lock_named_jobs"], {"ids": list(named), "stage": stage, "limit": limit}))
    for lane in (Lane.INTERACTIVE, Lane.BULK):
        if len(locked) < limit:
            locked += connection.execute(
                QUERIES["lock_due_jobs"], {"stage": stage, "lane": lane, "limit": limit - len(locked)}
            )
    if not locked:
        return []
    if locked[0]["suspect"]:
        ids = [locked[0]["id"]]
    else:
        ids = list(dict.fromkeys(row["id"] for row in locked if not row["suspect"]))
    require_transition(State.QUEUED, State.RUNNING)
    # A fetcher works in threads: there a claim of one has company, but for suspects, which take turns.
    alone = locked[0]["suspect"] if stage is Stage.FETCH else len(ids) == 1
    rows = connection.execute(QUERIES["claim_jobs"], {"ids": ids, "alone": alone, "worker": worker, "lease": lease})
    return [
        Claim(
            id=row["id"],
            tenant_id=row["tenant_id"],
            fence=row["attempt"],
            lane=Lane(row["lane"]),
            failures=row["failures"],
            suspect=row["suspect"],
            sha256=row["sha256"],
            url=row["url"],
            reference_index=row["reference_index"],
            evidence=row["evidence"] or row["policy"].get("evidence", "basic"),
            policy_version=row["policy_version"],
            policy=row["policy"],
        )
        for row in rows
    ]


def release(connection: Connection, claims: Sequence[Claim], *, wait: timedelta) -> None:
    """Give back what was not begun, or what an outage of ours stopped; nothing is counted."""
    parameters = {"ids": [c.id for c in claims], "fences": [c.fence for c in claims], "wait": wait}
    connection.execute(QUERIES["release_jobs"], parameters)


def retry(connection: Connection, claim: Claim, *, wait: timedelta) -> None:
    """Queue again after a failure of the job's own, which is counted."""
    connection.execute(QUERIES["retry_job"], {"id": claim.id, "fence": claim.fence, "wait": wait})


def finish(connection: Connection, outcomes: Sequence[Outcome]) -> list[Job]:
    """End these attempts and keep their maps; the jobs that were still theirs to end.

    A stale fence changes nothing and leaves no map.
    """
    records = []
    for outcome in outcomes:
        require_transition(State.RUNNING, outcome.state)
        result = outcome.result or {}
        records.append(
            {
                "id": str(outcome.job_id),
                "fence": outcome.fence,
                "state": outcome.state,
                "score": result.get("ai_probability"),
                "verdict": result.get("verdict"),
                "result": outcome.result,
                "error": outcome.error,
                "timings_ms": dict(outcome.timings_ms),
            }
        )
    rows = connection.execute(
        QUERIES["finish_jobs"], {"outcomes": Json(records), "ids": [outcome.job_id for outcome in outcomes]}
    )
    ended = [Job.from_row(row) for row in rows]
    _keep_maps(connection, ended, {outcome.job_id: outcome.evidence for outcome in outcomes})
    return ended


def _keep_maps(connection: Connection, ended: Sequence[Job], maps: Mapping[UUID, EvidenceMap | None]) -> None:
    kept = [
        {"job_id": job.id, "tenant_id": job.tenant_id, "columns": evidence.columns, "cells": evidence.cells}
        for job in ended
        if (evidence := maps[job.id]) is not None
    ]
    if kept:
        with connection.cursor() as cursor:
            cursor.executemany(QUERIES["insert_evidence_map"], kept)


def evidence_map(connection: Connection, tenant_id: UUID, job_id: UUID) -> EvidenceMap | None:
    """None: the tenant has no such job, or it has no map."""
    row = connection.execute(QUERIES["get_evidence_map"], {"tenant_id": tenant_id, "id": job_id}).fetchone()
    return EvidenceMap(columns=row["columns"], cells=row["cells"]) if row else None


def finish_fetch(connection: Connection, claim: Claim, *, sha256: bytes, timings_ms: Mapping[str, float]) -> bool:
    """The link's bytes are stored and their object is locked: on to scoring. False: the claim was stale."""
    parameters = {
        "id": claim.id,
        "fence": claim.fence,
        "sha256": sha256,
        "timings_ms": Jsonb(dict(timings_ms)),
    }
    if connection.execute(QUERIES["finish_fetch"], parameters).fetchone() is None:
        return False
    connection.execute(QUERIES["refer_to_object"], {"tenant_id": claim.tenant_id, "sha256": sha256})
    return True


def take_back_expired(connection: Connection, *, lease: timedelta, limit: int) -> tuple[int, list[Job]]:
    """Queue again the jobs whose lease ran out, and bury those over the crash cap: (queued, buried)."""
    expired = connection.execute(QUERIES["lock_expired_leases"], {"lease": lease, "limit": limit}).fetchall()
    if not expired:
        return 0, []
    doomed = [row for row in expired if row["crashed_alone"] and row["crashes"] + 1 >= CRASH_CAP]
    buried = finish(
        connection,
        [
            Outcome(job_id=row["id"], fence=row["attempt"], state=State.DEAD, error=error_document("crashed"))
            for row in doomed
        ],
    )
    back = [row for row in expired if row not in doomed]
    crashed = [row["id"] for row in back if row["crashed_alone"]]
    connection.execute(QUERIES["requeue_expired"], {"ids": [row["id"] for row in back], "crashed_ids": crashed})
    return len(back), buried


def oldest_due(connection: Connection, stage: Stage, lane: Lane, *, limit: int) -> list[UUID]:
    rows = connection.execute(QUERIES["oldest_due_ids"], {"stage": stage, "lane": lane, "limit": limit})
    return [row["id"] for row in rows]


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
            "erase_delivery_responses",
            "erase_deliveries",
            "erase_reviews",
        ):
            connection.execute(QUERIES[name], parameters)
        if held["sha256"] is not None:
            connection.execute(QUERIES["leave_object"], {"tenant_id": tenant_id, "sha256": held["sha256"]})
    return get(connection, tenant_id, job_id)


def past_retention(connection: Connection, *, limit: int) -> list[tuple[UUID, UUID]]:
    """(tenant, job) of finished jobs older than their tenant's policy keeps them."""
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


def add_review(
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


def reviews(connection: Connection, tenant_id: UUID, job_id: UUID) -> list[Row]:
    return list(connection.execute(QUERIES["list_reviews"], {"tenant_id": tenant_id, "job_id": job_id}))
