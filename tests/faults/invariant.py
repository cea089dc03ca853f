"""What must hold after every fault (docs/explanation/why.md; the design's "life of a job"), in one function."""

import json
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from standardwebhooks import Webhook

from shared.domain.job import Lane
from shared.queue.enqueue import LIST_ROOM
from shared.storage import counts
from tests.faults.load import Submission
from tests.faults.receiver import Post, Receiver
from tests.faults.system import System

FINAL = ("done", "failed", "dead", "erased")
ANNOUNCED = ("done", "failed", "dead")
GONE = ("object_missing", "object_damaged")
"""Reasons of jobs whose bytes are not in the store: what is damaged there is deleted."""

Expected = Callable[[bytes, Lane], float]
"""The probability that a direct run gives."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Findings:
    """What was counted; whatever must be none is none."""

    jobs: int
    states: Counter[str]
    lost: int
    duplicated: int
    webhooks_missing: int
    slowest_seconds: float
    complaints: list[str]


def unfinished(system: System, tenant_id: UUID) -> bool:
    """Asked often, so that it looks for one and counts none."""
    query = "SELECT FROM jobs WHERE tenant_id = %s AND state IN ('queued', 'running') LIMIT 1"
    return bool(system.query(query, tenant_id))


def untold(system: System, tenant_id: UUID) -> int:
    """Webhooks that nobody has tried yet, or that are under way."""
    query = """SELECT count(*) AS waiting FROM deliveries WHERE tenant_id = %s AND state = 'pending'
               AND (lease_until IS NOT NULL OR next_attempt_at < now() + interval '60 seconds')"""
    return system.query(query, tenant_id)[0]["waiting"]


def uncollected(system: System, tenant_id: UUID) -> int:
    """Images that the collector will delete."""
    return system.query("SELECT count(*) AS left FROM objects WHERE tenant_id = %s AND refs = 0", tenant_id)[0]["left"]


def examine(
    system: System,
    tenant_id: UUID,
    secret: str,
    submissions: Sequence[Submission],
    receiver: Receiver,
    expected: Expected,
    *,
    unreachable: bool = False,
    orphans: int = 0,
) -> Findings:
    """Look at the database, the object store, Redis and the receiver's log, once everything has come to its end.

    `unreachable`: the receiver cannot be reached at all, so that an attempt on record counts as a webhook.
    `orphans`: how many stored images without a row the fault may leave, for the hourly housekeeping.
    """
    complaints: list[str] = []

    def require(what: str, wrong: object) -> None:
        if wrong:
            complaints.append(f"{what}: {wrong}")

    rows = {row["id"]: row for row in system.query("SELECT * FROM jobs WHERE tenant_id = %s", tenant_id)}
    states = Counter(row["state"] for row in rows.values())
    wanted = {one.job_id: one for one in submissions}

    # Submitted = done + failed + dead + erased: each intent is one job, and each job has come to its end.
    lost = [job_id for job_id in wanted if job_id not in rows or rows[job_id]["state"] not in FINAL]
    require("accepted and lost", lost)
    require("not submitted", set(rows) - set(wanted))
    require("two submissions, one job", len(submissions) - len(wanted))
    require("running", [row["id"] for row in rows.values() if row["state"] == "running"])

    # One result a job, and the right one.
    require(
        "done without a result", [row["id"] for row in rows.values() if (row["state"] == "done") != bool(row["result"])]
    )
    require("wrong results", _wrong(rows, wanted, expected))
    duplicated = _ended_twice(system, rows)
    require("ended twice", duplicated)

    # At least one webhook a finished job, under one id, signed, and telling the job's end.
    missing = _webhooks(system, tenant_id, secret, rows, receiver, require, unreachable=unreachable)
    require("webhooks missing", missing)

    _objects(system, tenant_id, rows, require, orphans=orphans)
    _counters(system, require)
    require("a Redis list is long", max(0, system.waiting_messages() - LIST_ROOM))

    times = [(row["finished_at"] - row["created_at"]).total_seconds() for row in rows.values() if row["finished_at"]]
    return Findings(
        jobs=len(wanted),
        states=states,
        lost=len(lost),
        duplicated=len(duplicated),
        webhooks_missing=len(missing),
        slowest_seconds=max(times, default=0.0),
        complaints=complaints,
    )


def _wrong(rows: Mapping[UUID, Any], wanted: Mapping[UUID | None, Submission], expected: Expected) -> list[UUID]:
    return [
        job_id
        for job_id, row in rows.items()
        if row["state"] == "done"
        and job_id in wanted
        and row["result"]["ai_probability"] != expected(wanted[job_id].data, wanted[job_id].lane)
    ]


def _ended_twice(system: System, rows: Mapping[UUID, Any]) -> list[str]:
    """Jobs of which two attempts say that they ended them: each says so after its commit."""
    ended = Counter(json.loads(line[line.index("{") :])["job_id"] for line in system.said("job_ended"))
    return [str(job_id) for job_id in rows if ended[str(job_id)] > 1]


def _webhooks(
    system: System,
    tenant_id: UUID,
    secret: str,
    rows: Mapping[UUID, Any],
    receiver: Receiver,
    require: Callable[[str, object], None],
    *,
    unreachable: bool,
) -> list[UUID]:
    told: dict[UUID, set[str]] = defaultdict(set)
    wrong, unsigned = [], []
    for post in list(receiver.log):
        event = json.loads(post.body)
        job_id = UUID(event["data"]["id"])
        told[job_id].add(post.webhook_id)
        if job_id in rows:
            if post.headers["webhook-signature"] != _signature(secret, post):
                unsigned.append(job_id)
            if rows[job_id]["state"] not in ("erased", event["data"]["state"]):
                wrong.append(job_id)
    require("webhooks that tell another end", wrong)
    require("webhooks without a right signature", unsigned)
    require("webhooks under two ids", [job_id for job_id in rows if len(told[job_id]) > 1])
    written = """SELECT job_id, count(*) AS rows, max(attempts) AS attempts,
                        (SELECT count(*) FROM delivery_attempts WHERE delivery_id = ANY(array_agg(deliveries.id))) AS kept
                 FROM deliveries WHERE tenant_id = %s GROUP BY job_id"""
    deliveries = {row["job_id"]: row for row in system.query(written, tenant_id)}
    require("two deliveries of one end", [job_id for job_id, row in deliveries.items() if row["rows"] > 1])
    announced = {job_id for job_id, row in rows.items() if row["callback_url"] and row["state"] in ANNOUNCED}
    if unreachable:
        return [job_id for job_id in announced if not (job_id in deliveries and deliveries[job_id]["kept"])]
    return [job_id for job_id in announced if not told[job_id]]


def _signature(secret: str, post: Post) -> str:
    """Made anew, because the library refuses to verify what came more than five minutes ago."""
    at = datetime.fromtimestamp(int(post.headers["webhook-timestamp"]), UTC)
    return Webhook(secret).sign(post.webhook_id, at, post.body.decode())


def _objects(
    system: System, tenant_id: UUID, rows: Mapping[UUID, Any], require: Callable[[str, object], None], *, orphans: int
) -> None:
    """Bytes, rows and references agree."""
    objects = {row["sha256"]: row for row in system.query("SELECT * FROM objects WHERE tenant_id = %s", tenant_id)}
    referring = Counter(row["sha256"] for row in rows.values() if row["sha256"] is not None)
    stored = {image.sha256 for image in system.store.images() if image.tenant_id == tenant_id}
    require("jobs without an object", set(referring) - set(objects))
    require("references miscounted", [key.hex() for key, row in objects.items() if row["refs"] != referring[key]])
    gone = {row["sha256"] for row in rows.values() if (row["error"] or {}).get("reason") in GONE}
    require("objects without bytes", [key.hex() for key in set(objects) - stored - gone])
    require("unreferenced rows", [key.hex() for key, row in objects.items() if row["refs"] == 0])
    loose = stored - set(objects)
    require("bytes without a row", [key.hex() for key in loose] if len(loose) > orphans else None)


def _counters(system: System, require: Callable[[str, object], None]) -> None:
    """The counters that the metrics show are those of count(*), of all tenants, in one look."""
    with system.database.transaction() as connection:
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        kept = Counter({_place(row): row["present"] for row in counts.jobs(connection)})
        true = connection.execute("SELECT state, stage, lane, count(*) AS n FROM jobs GROUP BY 1, 2, 3").fetchall()
    require("counters differ from count(*)", kept != Counter({_place(row): row["n"] for row in true}) and kept)


def _place(row: Mapping[str, Any]) -> tuple[str, str, str]:
    return row["state"], row["stage"], row["lane"]
