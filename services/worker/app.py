"""Composition root of the Celery workers: `celery -A services.worker.app worker -Q …`.

Scoring runs in forked children (a limit on time, and a crash, then cost one child); fetching runs in threads. Each
process that works makes its own `Runtime`: nothing that holds a socket or an ONNX session is carried over a fork.
"""

import importlib
import sys
from typing import Any

from billiard import current_process
from celery import signals

from services.worker import tasks
from services.worker.runtime import Runtime
from services.worker.trust import read_trust_anchors
from shared import config, logging, metrics
from shared.errors import ConfigurationError
from shared.queue.app import make_celery

try:
    settings = config.load()
except ConfigurationError as exc:
    sys.exit(str(exc))
app = make_celery(settings)
_runtime: Runtime | None = None


def _working_runtime() -> Runtime:
    assert _runtime is not None, "no runtime was made for this process"
    return _runtime


tasks.register(app, _working_runtime)


@signals.setup_logging.connect
def _setup_logging(**_: Any) -> None:
    logging.setup("worker", settings)


@signals.worker_init.connect
def _before_the_pool(sender: Any, **_: Any) -> None:
    """In the parent: it never works itself where the pool forks, and is the one that works where it does not."""
    metrics.use_slot(sender.hostname)
    metrics.serve(settings.metrics_port)
    if "prefork" in sender.pool_cls.__module__:
        # Before the fork, so that the children share the memory and a replaced one is there at once.
        importlib.import_module("services.worker.verify")
        try:
            read_trust_anchors(settings.c2pa_trust)  # said once and here, and not by each child
        except ConfigurationError as exc:
            sys.exit(str(exc))
    else:
        _make_runtime(sender.hostname)


@signals.worker_process_init.connect
def _in_a_child(**_: Any) -> None:
    name = f"{metrics.slot()}-{current_process().index}"
    metrics.use_slot(name)
    _make_runtime(name)
    _working_runtime().verifier.warm_up()


@signals.worker_process_shutdown.connect
@signals.worker_shutdown.connect
def _at_the_end(**_: Any) -> None:
    if _runtime is not None:
        _runtime.close()


def _make_runtime(name: str) -> None:
    global _runtime  # noqa: PLW0603 - the process's one runtime; Celery's signals leave no other place
    _runtime = Runtime(settings, name)
