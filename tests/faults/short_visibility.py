"""The workers' Celery application with tasks that last far longer than the visibility timeout, which no setting allows."""

import time
from typing import Any

import structlog
from celery import signals

from services.worker.app import app

TASK_SECONDS = 8
"""Longer than the pause between two looks for messages that were held for too long (5 s)."""

app.conf.broker_transport_options = {**app.conf.broker_transport_options, "visibility_timeout": 1}


@signals.task_prerun.connect
def _take_long(task_id: str, **_: Any) -> None:
    """As a large batch does on a busy machine."""
    structlog.get_logger("worker").info("task_started", task_id=task_id)
    time.sleep(TASK_SECONDS)
