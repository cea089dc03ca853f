"""Jobs under lease: claimed by a worker, given back, ended, or taken back once the lease ran out.

No function here commits: whoever opened the transaction does.
"""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from uuid import UUID

from psycopg.types.json import Json, Jsonb

from shared.domain.evidence import EvidenceMap
from shared.domain.job import CRASH_CAP, Claim, Job, Lane, Outcome, Stage, State, error_document, require_transition
from shared.storage.db import Connection
from shared.storage.queries import QUERIES


def claim(
    connection: Connection,
    stage: Stage,
    *,
    named: Sequence[UUID],
    suspects: bool = True,
    limit: int,
    worker: str,
    lease: timedelta,
) -> list[Claim]:
    """Take up to `limit` due jobs: the named ones, then interactive, then bulk, each oldest first.

    A job that once outlived its lease is a suspect: it is taken alone, so that one poison image cannot bury its
    neighbours, and not at all without `suspects`.
    """
    wanted = {"stage": stage, "suspects": suspects}
    locked = list(connection.execute(QUERIES["lock_named_jobs"], {**wanted, "ids": list(named), "limit": limit}))
    for lane in (Lane.INTERACTIVE, Lane.BULK):
        if len(locked) < limit:
            locked += connection.execute(
                QUERIES["lock_due_jobs"], {**wanted, "lane": lane, "limit": limit - len(locked)}
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
