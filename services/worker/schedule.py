"""Composition root of the scheduler: `celery -A services.worker.schedule beat`. Run one of it."""

from typing import Any

from celery import signals
from celery.schedules import crontab

from shared import config, logging
from shared.queue import names
from shared.queue.app import make_celery

settings = config.load()
app = make_celery(settings)
app.conf.beat_schedule = {
    task: {"task": task, "schedule": crontab.from_string(cron), "options": {"queue": queue}}
    for task, cron, queue in (
        (names.MAINTAIN, settings.maintain_cron, names.MAINTENANCE),
        (names.RETRAIN, settings.retrain_cron, names.RETRAINING),
    )
    if cron
}


@signals.setup_logging.connect
def _setup_logging(**_: Any) -> None:
    logging.setup("scheduler", settings)
