"""What the sweeper and the sender have in common: settings, logs, metrics, and an end on SIGTERM or Ctrl-C."""

import signal
import sys
import threading
from collections.abc import Callable

import structlog

from shared import config, logging, metrics
from shared.config import Settings
from shared.errors import ConfigurationError


def serve(name: str, run: Callable[[Settings, threading.Event], None]) -> None:
    """Call `run` with the settings and an event that is set when the process is asked to end."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    try:
        settings = config.load()
    except ConfigurationError as exc:
        sys.exit(str(exc))
    logging.setup(name, settings)
    metrics.use_slot(name)
    metrics.serve(settings.metrics_port)
    structlog.get_logger(name).info("started")
    run(settings, stop)
