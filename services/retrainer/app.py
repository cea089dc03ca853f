"""Composition root of the retrainer: a Celery worker of one process on the queue of retraining runs."""

import sys
from typing import Any

from celery import signals

from services.retrainer.harvest import run, warn
from shared import config, logging, metrics
from shared.errors import ConfigurationError
from shared.queue import names
from shared.queue.app import make_celery
from shared.storage.db import Database

try:
    settings = config.load()
except ConfigurationError as exc:
    sys.exit(str(exc))
app = make_celery(settings)


@signals.setup_logging.connect
def _setup_logging(**_: Any) -> None:
    logging.setup("retrainer", settings)


@signals.worker_init.connect
def _at_start(sender: Any, **_: Any) -> None:
    metrics.use_slot(sender.hostname)
    metrics.serve(settings.metrics_port)
    warn(settings)


@app.task(name=names.RETRAIN)
def retrain() -> None:
    database = Database(settings)
    database.open()
    try:
        run(database)
    finally:
        database.close()
