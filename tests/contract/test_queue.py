"""Names on the wire: every task that is sent is registered, and every queue that is used is consumed."""

import subprocess
import sys

from services.worker.__main__ import arguments
from shared.config import Settings
from shared.domain.job import Lane, Stage
from shared.queue import names
from shared.queue.app import make_celery, time_limits


def registered(module: str) -> set[str]:
    """The tasks that a process which loads `module` knows, asked in a process of its own."""
    code = f"import {module} as m; print(*[name for name in m.app.tasks if name.startswith('jinwi.')])"
    return set(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split())


def test_the_worker_registers_every_task_that_is_sent_to_it():
    assert registered("services.worker.app") == {names.SCORE, names.FETCH, names.MAINTAIN}


def test_the_retrainer_registers_its_task():
    assert registered("services.retrainer.loop.app") == {names.RETRAIN}


def test_scorers_and_fetchers_together_consume_every_queue_interactive_first():
    settings = Settings()
    consumed = []
    for role in ("score", "fetch"):
        command = arguments(role, settings)
        consumed += command[command.index("-Q") + 1].split(",")
    assert consumed == [
        "score.interactive",
        "score.bulk",
        "fetch.interactive",
        "fetch.bulk",
        names.MAINTENANCE,
    ]
    assert {names.queue(stage, lane) for stage in Stage for lane in Lane} | {names.MAINTENANCE} == set(consumed)


def test_a_message_outlives_the_longest_task():
    for settings in (Settings(), Settings(decoder_seconds=300, lease_seconds=400)):
        soft, hard = time_limits(settings)
        assert settings.longest_batch_seconds < soft < hard
        assert make_celery(settings).conf.broker_transport_options["visibility_timeout"] > 2 * hard


def test_celery_keeps_no_results_and_acknowledges_late():
    conf = make_celery(Settings()).conf
    assert conf.task_acks_late
    assert conf.task_reject_on_worker_lost
    assert conf.task_ignore_result
    assert conf.result_backend is None
    assert conf.broker_channel_error_retry
