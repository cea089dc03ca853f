"""What the server says of webhooks, typed. Every document keeps its raw JSON in `document`."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Self


class Event(StrEnum):
    JOB_DONE = "job.done"
    JOB_FAILED = "job.failed"
    JOB_DEAD = "job.dead"
    JOB_REVIEWED = "job.reviewed"
    JOB_APPEALED = "job.appealed"
    JOB_APPEAL_DECIDED = "job.appeal_decided"
    WEBHOOK_DISABLED = "webhook.disabled"
    MODEL_PROMOTED = "model.promoted"


class DeliveryState(StrEnum):
    PENDING = "pending"
    HELD = "held"
    DELIVERED = "delivered"
    EXHAUSTED = "exhausted"
    CANCELLED = "cancelled"


@dataclass(frozen=True, kw_only=True, slots=True)
class Webhook:
    """An endpoint. `events` None: all of them. `secret` only right after it was made or rotated.

    The secret before it signs as well until `previous_secret_until`; None: there is none that does.
    """

    id: str
    url: str
    events: tuple[str, ...] | None
    description: str | None
    enabled: bool
    disabled_reason: str | None
    failing_since: datetime | None
    previous_secret_until: datetime | None
    created_at: datetime
    secret: str | None = field(repr=False)
    document: Mapping[str, Any] = field(repr=False)

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> Self:
        events = document["events"]
        return cls(
            id=document["id"],
            url=document["url"],
            events=None if events is None else tuple(events),
            description=document["description"],
            enabled=document["enabled"],
            disabled_reason=document["disabled_reason"],
            failing_since=_time(document["failing_since"]),
            previous_secret_until=_time(document["previous_secret_until"]),
            created_at=datetime.fromisoformat(document["created_at"]),
            secret=document.get("secret"),
            document=document,
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Attempt:
    """One try: the HTTP status and the beginning of the answer, or why there was none."""

    attempt: int
    status: int | None
    response: str | None
    error: str | None
    duration_ms: float
    created_at: datetime

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> Self:
        values = {name: document[name] for name in cls.__dataclass_fields__}
        return cls(**values | {"created_at": datetime.fromisoformat(document["created_at"])})


@dataclass(frozen=True, kw_only=True, slots=True)
class Delivery:
    """One event on its way to one receiver: an endpoint, or a job's callback where `endpoint_id` is None.

    `history` is there when the delivery was asked for by its id.
    """

    id: str
    message_id: str
    endpoint_id: str | None
    job_id: str | None
    event: str
    url: str
    state: str
    attempts: int
    next_attempt_at: datetime | None
    created_at: datetime
    history: tuple[Attempt, ...]
    document: Mapping[str, Any] = field(repr=False)

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> Self:
        names = ("id", "message_id", "endpoint_id", "job_id", "event", "url", "state", "attempts")
        return cls(
            **{name: document[name] for name in names},
            next_attempt_at=_time(document["next_attempt_at"]),
            created_at=datetime.fromisoformat(document["created_at"]),
            history=tuple(Attempt.from_document(each) for each in document.get("history", ())),
            document=document,
        )


def _time(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
