"""Webhooks as Standard Webhooks 1.0 says: what is sent, and when it is tried again."""

import json
import random
from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any


class Event(StrEnum):
    JOB_DONE = "job.done"
    JOB_FAILED = "job.failed"
    JOB_DEAD = "job.dead"


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


def body(event: Event, at: datetime, data: Mapping[str, Any]) -> str:
    """The exact text that is signed and sent, the same at every attempt."""
    return json.dumps(
        {"type": event.value, "timestamp": at.isoformat(), "data": data},
        ensure_ascii=False,
        separators=(",", ":"),
    )
