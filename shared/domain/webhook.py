"""Webhooks as Standard Webhooks 1.0 says: what is sent, and when it is tried again."""

import json
import random
from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Any
from uuid import UUID

from shared.domain.job import Job


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
    """`held`: announced while the endpoint is disabled. `exhausted`: every attempt of the schedule failed."""

    PENDING = "pending"
    HELD = "held"
    DELIVERED = "delivered"
    EXHAUSTED = "exhausted"
    CANCELLED = "cancelled"


class DisabledReason(StrEnum):
    """Its receiver answered 410, only failed for days, or its tenant asked for it."""

    GONE = "gone"
    FAILING = "failing"
    REQUESTED = "requested"


# Seconds before each attempt, counted from the one before it (specification, "Retries").
SCHEDULE = (0, 5, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400)

JITTER = 0.1
"""Each wait is stretched by up to this share, so that a receiver's return meets no stampede."""


def next_wait(attempts: int, *, draw: float | None = None) -> timedelta | None:
    """How long to wait after `attempts` failed attempts; None when the schedule is used up.

    `draw` in [0, 1] replaces the random jitter (for tests).
    """
    if attempts >= len(SCHEDULE):
        return None
    jitter = random.random() if draw is None else draw  # noqa: S311 - spreads load, guards nothing
    return timedelta(seconds=SCHEDULE[attempts] * (1 + JITTER * jitter))


def message_id(delivery_id: UUID) -> str:
    """The header `webhook-id`: the same at every attempt of one delivery, replays included."""
    return f"msg_{delivery_id.hex}"


def body(event: Event, at: datetime, data: Mapping[str, Any]) -> str:
    """The exact text that is signed and sent, the same at every attempt."""
    return json.dumps(
        {"type": event.value, "timestamp": at.isoformat(), "data": data},
        ensure_ascii=False,
        separators=(",", ":"),
    )


def job_data(job: Job, updated_at: datetime, further: Mapping[str, Any] = MappingProxyType({})) -> dict[str, Any]:
    """What an event says of a job, with `further` members of its own.

    Of two events about one job, the one with the later `updated_at` is newer.
    """
    return {**job.document(), "updated_at": updated_at.isoformat(), **further}


def review_data(review: Mapping[str, Any], *, old: str | None, new: str | None) -> dict[str, Any]:
    """What `job.reviewed` says beside its job: the review, and the verdict that held before and holds after it."""
    said = {
        "id": str(review["id"]),
        "label": review["label"],
        "reason": review["reason"],
        "reviewer": review["reviewer"],
        "checklist": review["checklist"],
        "appeal_id": str(review["appeal_id"]) if review["appeal_id"] else None,
        "created_at": review["created_at"].isoformat(),
    }
    return {"review": said, "verdict": {"old": old, "new": new}}


def disabled_data(endpoint: Mapping[str, Any]) -> dict[str, Any]:
    """What `webhook.disabled` says of an endpoint (a row of its table)."""
    failing_since = endpoint["failing_since"]
    return {
        "id": str(endpoint["id"]),
        "url": endpoint["url"],
        "reason": endpoint["disabled_reason"],
        "failing_since": failing_since.isoformat() if failing_since else None,
        "disabled_at": endpoint["disabled_at"].isoformat(),
        "updated_at": endpoint["disabled_at"].isoformat(),
    }


def promoted_data(
    version: str, previous: str | None, why: str, shadow: Mapping[str, Any], at: datetime
) -> dict[str, Any]:
    """What `model.promoted` says; `changed` is the share of verdicts that changed on the `n` pictures of shadow."""
    return {
        "id": version,
        "version": version,
        "previous": previous,
        "changed": shadow["changed"],
        "n": shadow["n"],
        "why": why,
        "updated_at": at.isoformat(),
    }
