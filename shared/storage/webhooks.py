"""Webhook deliveries: written with what they tell of, leased by the sender, each attempt a row."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from shared.domain.job import Job
from shared.domain.webhook import DeliveryState, Event, body, disabled_data, job_data, promoted_data, review_data
from shared.storage.db import Connection
from shared.storage.queries import QUERIES

Row = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True, slots=True)
class Delivery:
    """A webhook leased for its `attempts`-th attempt, of which `schedule_from` belong to an earlier schedule."""

    id: UUID
    tenant_id: UUID
    endpoint_id: UUID | None
    job_id: UUID | None
    url: str
    body: str
    attempts: int
    schedule_from: int
    failing_too_long: bool
    """Its endpoint has only failed for as long as is put up with."""
    secrets: Sequence[str] = field(repr=False)
    """Each of them signs: the newest first, then the one before it for a time."""

    @property
    def receiver_id(self) -> UUID:
        """Its endpoint, or its tenant for all of that one's callbacks together."""
        return self.endpoint_id or self.tenant_id


@dataclass(frozen=True, kw_only=True, slots=True)
class Attempt:
    """What became of one attempt: an HTTP status and the capped response, or an error in words."""

    status: int | None = None
    response: str | None = None
    error: str | None = None
    duration_ms: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Room:
    """How many deliveries may begin. `doubtful` receivers, which may be slow, have room of their own."""

    quick: int
    doubtful: int
    doubtful_receivers: Collection[UUID] = ()
    per_receiver: int
    per_tenant: int
    doubtful_per_tenant: int


@dataclass(frozen=True, kw_only=True, slots=True)
class _News:
    """One event about one job."""

    event: Event
    at: datetime
    job: Job
    further: Mapping[str, Any] = field(default_factory=dict)
    """Members of its data beside those of the job."""


def announce(connection: Connection, finished: Iterable[Job]) -> None:
    """Write the webhooks of jobs that just ended, in the transaction that ended them."""
    ended = [(job, job.finished_at) for job in finished]
    _write(connection, [_News(event=Event(f"job.{job.state}"), at=at, job=job) for job, at in ended if at])


def announce_review(connection: Connection, job: Job, review: Row, *, before: str | None) -> None:
    """Write the webhooks of a review, in the transaction that added it. `before`: the verdict that held until then."""
    further = review_data(review, old=before, new=job.holding)
    _write(connection, [_News(event=Event.JOB_REVIEWED, at=review["created_at"], job=job, further=further)])


def announce_appeal(connection: Connection, event: Event, at: datetime, job: Job, appeal: Mapping[str, Any]) -> None:
    """Write the webhooks of an appeal that was made or decided, in the transaction that did it."""
    _write(connection, [_News(event=event, at=at, job=job, further={"appeal": appeal})])


def announce_disabled(connection: Connection, endpoint: Row) -> None:
    """Tell the tenant's other endpoints that this one was disabled."""
    event = Event.WEBHOOK_DISABLED
    text = body(event, endpoint["disabled_at"], disabled_data(endpoint))
    others = [other for other in _endpoints(connection, [endpoint["tenant_id"]]) if other["id"] != endpoint["id"]]
    _insert(connection, [_to_endpoint(other, event, text, None) for other in others if _wants(other, event)])


def announce_promotion(
    connection: Connection, *, version: str, previous: str | None, why: str, shadow: Mapping[str, Any]
) -> None:
    """Tell the endpoints of all tenants that another version scores from now on, and what changed in its `shadow`."""
    event, at = Event.MODEL_PROMOTED, _clock(connection)
    text = body(event, at, promoted_data(version, previous, why, shadow, at))
    everybodys = connection.execute(QUERIES["list_all_receivers"])
    _insert(connection, [_to_endpoint(row, event, text, None) for row in everybodys if _wants(row, event)])


def _clock(connection: Connection) -> datetime:
    row = connection.execute(QUERIES["read_clock"]).fetchone()
    assert row is not None
    at: datetime = row["now"]
    return at


def _write(connection: Connection, news: Sequence[_News]) -> None:
    """A delivery for each endpoint that wants the event, and one for the job's callback."""
    endpoints = _endpoints(connection, {one.job.tenant_id for one in news}) if news else []
    heard: list[tuple[_News, list[Row]]] = [
        (one, [row for row in endpoints if row["tenant_id"] == one.job.tenant_id and _wants(row, one.event)])
        for one in news
    ]
    heard = [(one, wanting) for one, wanting in heard if wanting or one.job.callback_url]
    if not heard:
        return
    now = _clock(connection)
    rows = []
    for one, wanting in heard:
        text = body(one.event, one.at, job_data(one.job, now, one.further))
        rows += [_to_endpoint(row, one.event, text, one.job.id) for row in wanting]
        if one.job.callback_url:
            rows.append(_to_callback(one.job, one.event, text))
    _insert(connection, rows)


def _endpoints(connection: Connection, tenant_ids: Collection[UUID]) -> list[Row]:
    return list(connection.execute(QUERIES["list_receivers"], {"tenant_ids": list(tenant_ids)}))


def _wants(endpoint: Row, event: Event) -> bool:
    return endpoint["events"] is None or event in endpoint["events"]


def _to_endpoint(endpoint: Row, event: Event, text: str, job_id: UUID | None) -> dict[str, Any]:
    return {
        "tenant_id": endpoint["tenant_id"],
        "job_id": job_id,
        "endpoint_id": endpoint["id"],
        "event": event,
        "url": endpoint["url"],
        "body": text,
        "state": DeliveryState.HELD if endpoint["disabled_at"] else DeliveryState.PENDING,
    }


def _to_callback(job: Job, event: Event, text: str) -> dict[str, Any]:
    return {
        "tenant_id": job.tenant_id,
        "job_id": job.id,
        "endpoint_id": None,
        "event": event,
        "url": job.callback_url,
        "body": text,
        "state": DeliveryState.PENDING,
    }


def _insert(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    if rows:
        with connection.cursor() as cursor:
            cursor.executemany(QUERIES["insert_delivery"], rows)


def lease(connection: Connection, room: Room, *, hold: timedelta, disable_after: timedelta) -> list[Delivery]:
    """Take due deliveries for `hold`; one whose sender dies is due again after that."""
    parameters = {
        "room": room.quick,
        "doubtful_room": room.doubtful,
        "doubtful": list(room.doubtful_receivers),
        "per_receiver": room.per_receiver,
        "per_tenant": room.per_tenant,
        "doubtful_per_tenant": room.doubtful_per_tenant,
        "lease": hold,
        "disable_after": disable_after,
    }
    return [Delivery(**row) for row in connection.execute(QUERIES["lease_deliveries"], parameters)]


def record(
    connection: Connection, delivery: Delivery, attempt: Attempt, *, state: DeliveryState, wait: timedelta | None
) -> None:
    """Keep the attempt, and leave the delivery in `state`; `pending`: for another `wait`.

    One that was replayed meanwhile is due at once, unless the attempt delivered it.
    """
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
        {
            "id": delivery.id,
            "attempt": delivery.attempts,
            "schedule_from": delivery.schedule_from,
            "state": state,
            "wait": wait,
        },
    )


def settle(connection: Connection, *, limit: int, endpoint_id: UUID | None = None) -> None:
    """Hold what waits for disabled endpoints and cancel what waits for removed ones, `limit` of each; or of one alone.

    Nothing of it is ever leased meanwhile, so that a long queue may be settled in many short rounds.
    """
    for name in ("hold_deliveries", "cancel_deliveries"):
        connection.execute(QUERIES[name], {"limit": limit, "endpoint_id": endpoint_id})
