"""Webhook deliveries: written with the result, leased by the sender, each attempt a row."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

from shared.domain.job import Job
from shared.domain.webhook import Event, body
from shared.storage.db import Connection
from shared.storage.queries import QUERIES


@dataclass(frozen=True, kw_only=True, slots=True)
class Delivery:
    """A webhook leased for its `attempts`-th attempt."""

    id: UUID
    job_id: UUID
    url: str
    body: str
    attempts: int
    secret: str = field(repr=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class Attempt:
    """What became of one attempt: an HTTP status and the capped response, or an error in words."""

    status: int | None = None
    response: str | None = None
    error: str | None = None
    duration_ms: float


def announce(connection: Connection, finished: Iterable[Job]) -> None:
    """Write the webhooks of jobs that just ended, in the transaction that ended them."""
    rows = [
        {
            "tenant_id": job.tenant_id,
            "job_id": job.id,
            "event": event,
            "url": job.callback_url,
            "body": body(event, job.finished_at, job.document()),
        }
        for job in finished
        if job.callback_url and job.finished_at
        for event in [Event(f"job.{job.state}")]
    ]
    if rows:
        with connection.cursor() as cursor:
            cursor.executemany(QUERIES["insert_delivery"], rows)


def lease(connection: Connection, *, limit: int, per_tenant: int, hold: timedelta) -> list[Delivery]:
    """Take due deliveries for `hold`; one whose sender dies is due again after that."""
    rows = connection.execute(QUERIES["lease_deliveries"], {"limit": limit, "per_tenant": per_tenant, "lease": hold})
    return [Delivery(**row) for row in rows]


def record(connection: Connection, delivery: Delivery, attempt: Attempt, *, state: str, wait: timedelta | None) -> None:
    """Keep the attempt, and leave the delivery `delivered`, `exhausted`, or `pending` for another `wait`."""
    connection.execute(
        QUERIES["insert_attempt"],
        {
            "id": delivery.id,
            "attempt": delivery.attempts,
            "status": attempt.status,
            "response": attempt.response,
            "error": attempt.error,
            "duration_ms": attempt.duration_ms,
        },
    )
    connection.execute(
        QUERIES["finish_delivery"],
        {"id": delivery.id, "attempt": delivery.attempts, "state": state, "wait": wait},
    )
