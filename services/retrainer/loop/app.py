"""Composition root of the retrainer: a Celery worker whose task only rings, and the attendant who is rung.

A run takes hours and a message may be out for minutes: so no task ever runs a training, and neither a time limit nor
the broker's visibility timeout meets one.
"""

import sys
from typing import Any

from celery import signals

from services.retrainer.harvest.unsafe import warn
from services.retrainer.loop.attendant import Attendant
from shared import config, logging, metrics
from shared.errors import ConfigurationError
from shared.queue import names
from shared.queue.app import interval, make_celery
from shared.storage.db import Database

try:
    settings = config.load()
except ConfigurationError as exc:
    sys.exit(str(exc))
app = make_celery(settings)
_database = Database(settings)
_attendant = Attendant(_database, settings, schedule_seconds=interval(settings.retrain_cron))


@signals.setup_logging.connect
def _setup_logging(**_: Any) -> None:
    logging.setup("retrainer", settings)


@signals.worker_init.connect
def _at_start(sender: Any, **_: Any) -> None:
    metrics.use_slot(sender.hostname)
    metrics.serve(settings.metrics_port)
    warn(settings)
    _database.open()
    _attendant.start()


@signals.worker_shutting_down.connect
def _when_asked_to_end(**_: Any) -> None:
    _attendant.ask_to_stop()


@signals.worker_shutdown.connect
def _at_the_end(**_: Any) -> None:
    _attendant.stop()
    _database.close()


@app.task(name=names.RETRAIN)
def retrain(run_id: str | None = None) -> None:
    """A run waits; without its id: it is time for one. A message that comes twice, or late, does no harm."""
    if run_id is None:
        _attendant.ring_by_schedule()
    else:
        _attendant.ring()
