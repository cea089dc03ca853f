"""Composition root of the scheduler: `celery -A services.worker.schedule beat`. One asks; others stand by."""

import os
import signal
import threading
import time
from typing import Any

import structlog
from celery import signals
from celery.schedules import crontab

from shared import config, logging
from shared.config import Settings
from shared.errors import Outage
from shared.queue import names
from shared.queue.app import make_celery
from shared.storage.lock import SCHEDULER, only_one

LOOK_SECONDS = 2.0
"""Between two looks at the lock, by its holder and by those who stand by."""

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
log = structlog.get_logger("scheduler")


@signals.setup_logging.connect
def _setup_logging(**_: Any) -> None:
    logging.setup("scheduler", settings)


@signals.beat_init.connect
def _stand_by(**_: Any) -> None:
    """Come back when the lock is ours."""
    held = threading.Event()
    threading.Thread(target=keep_lock, args=(settings, held), name="lock", daemon=True).start()
    held.wait()
    log.info("scheduling")


def keep_lock(settings: Settings, held: threading.Event) -> None:
    """Set `held` once the lock is ours. Lost with its connection it is taken again; another's by then, we end."""
    while True:
        try:
            with only_one(settings, SCHEDULER) as still_held:
                if still_held is None and held.is_set():
                    log.warning("scheduler_superseded")
                    os.kill(os.getpid(), signal.SIGTERM)
                    return
                if still_held is None:
                    log.debug("scheduler_stands_by")
                while still_held is not None and still_held():
                    held.set()
                    time.sleep(LOOK_SECONDS)
        except Outage as exc:
            log.warning("scheduler_waits", part=exc.part, error=exc.detail)
        time.sleep(LOOK_SECONDS)
