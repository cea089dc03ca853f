"""Celery on Redis, set so that a lost worker, a lost Redis or a lost message costs delay and nothing else.

Postgres is the truth and Redis the doorbell: no results, no retries, no countdowns here (a countdown longer than
the visibility timeout is delivered again and again). Why each setting: docs/explanation/decisions.md.
"""

from datetime import UTC, datetime
from urllib.parse import quote, urlsplit, urlunsplit

from celery import Celery
from celery.schedules import crontab
from kombu.entity import Queue

from shared.config import Settings
from shared.domain.job import Stage
from shared.queue import names, transport

VISIBILITY_TIMEOUT = 300
"""Seconds, at least, above the time limit and the wait inside a worker; the same in every app on one Redis."""


def time_limits(settings: Settings) -> tuple[float, float]:
    """Seconds after which a task is interrupted, and after which its process is killed."""
    soft = settings.longest_batch_seconds + 5
    return soft, soft + 15


def broker_url(settings: Settings) -> str:
    """The Redis URL, with the password that is kept apart from it."""
    if settings.redis_password is None:
        return settings.redis_url
    parts = urlsplit(settings.redis_url)
    host = parts.netloc.rpartition("@")[2]
    password = quote(settings.redis_password.get_secret_value(), safe="")
    return urlunsplit(parts._replace(netloc=f":{password}@{host}"))


def interval(cron: str) -> float | None:
    """Seconds between the next two times of a cron expression (UTC); None for the empty one."""
    if not cron:
        return None
    schedule = crontab.from_string(cron)
    first = _following(schedule, datetime.now(UTC))
    return (_following(schedule, first) - first).total_seconds()


def _following(schedule: crontab, after: datetime) -> datetime:
    last, delta, _ = schedule.remaining_delta(after)
    following: datetime = last + delta
    return following


def make_celery(settings: Settings) -> Celery:
    transport.install()
    app = Celery("jinwi", broker=broker_url(settings))
    soft_time_limit, time_limit = time_limits(settings)
    app.conf.update(
        broker_transport_options={
            "visibility_timeout": max(VISIBILITY_TIMEOUT, 4 * time_limit),
            "unacked_restore_interval": 5,
            "unacked_restore_throttle": 1,
            # Queues are asked in the order given at start: interactive before bulk.
            "queue_order_strategy": "priority",
            "socket_timeout": 10,
            "socket_connect_timeout": 5,
            "socket_keepalive": True,
            "health_check_interval": 25,
        },
        broker_connection_retry_on_startup=True,
        broker_connection_max_retries=None,
        # A Redis that turns read-only raises channel errors; without this the worker exits.
        broker_channel_error_retry=True,
        broker_pool_acquire_timeout=2,
        task_publish_retry_policy={"max_retries": 2, "interval_start": 0, "interval_step": 0.2, "interval_max": 0.5},
        task_queues=[
            *(Queue(name) for stage in Stage for name in names.queues(stage)),
            Queue(names.MAINTENANCE),
            Queue(names.RETRAINING),
        ],
        task_default_queue=names.MAINTENANCE,
        task_create_missing_queues=False,
        task_serializer="json",
        accept_content=["json"],
        task_acks_late=True,
        task_reject_on_worker_lost=True,
        task_acks_on_failure=True,
        task_acks_on_timeout=True,
        task_ignore_result=True,
        result_backend=None,
        task_soft_time_limit=soft_time_limit,
        task_time_limit=time_limit,
        worker_prefetch_multiplier=1,
        # A batch goes on without Redis; its message, delivered again, finds nothing left to claim.
        worker_cancel_long_running_tasks_on_connection_loss=False,
        # A new child may take this long to load the model and start its decoder.
        worker_proc_alive_timeout=time_limit,
        worker_soft_shutdown_timeout=0,
        worker_hijack_root_logger=False,
        worker_max_tasks_per_child=1000,
        worker_send_task_events=False,
        timezone="UTC",
        enable_utc=True,
    )
    return app
