"""Stands by in the retrainer: says that it lives, looks for runs to take, and starts a process for each.

What it is rung for it would find by itself a little later, so that a message that is lost costs delay and nothing else.
"""

import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress

import structlog

from services.retrainer.loop import once
from shared.config import Settings
from shared.errors import Outage
from shared.storage import gold, retraining
from shared.storage.db import Connection, Database
from shared.storage.lock import RETRAINING, only_one
from shared.storage.retraining import Order

BEAT_SECONDS = 10.0

STOP_SECONDS = 20.0
"""For a run to come to its next report and be put back; then it is killed, and goes on where it was."""

COMMAND = (sys.executable, "-m", "services.retrainer.loop.once", once.ATTENDED)

log = structlog.get_logger("retrainer")


def may_learn(connection: Connection) -> bool:
    """Whether there is anything to learn from: what a tenant lends, or gold of the installation's own."""
    return retraining.has_consent(connection) or bool(gold.page(connection, limit=1))


class Attendant:
    """`command` carries one run to its end. `may_learn` says whether a scheduled run has anything to learn from, and
    every `beat_seconds` it says that it lives, and looks.
    """

    def __init__(
        self,
        database: Database,
        settings: Settings,
        *,
        schedule_seconds: float | None = None,
        may_learn: Callable[[Connection], bool] = may_learn,
        command: Sequence[str] = COMMAND,
        beat_seconds: float = BEAT_SECONDS,
    ) -> None:
        self._database = database
        self._settings = settings
        self._schedule_seconds = schedule_seconds
        self._may_learn = may_learn
        self._command = command
        self._beat_seconds = beat_seconds
        self._name = f"{socket.gethostname()}/{os.getpid()}"
        self._child: subprocess.Popen[bytes] | None = None
        self._not_before = 0.0
        self._due = threading.Event()
        self._rung = threading.Event()
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._stand_by, name="attendant", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def ring(self) -> None:
        """Something may wait."""
        self._rung.set()

    def ring_by_schedule(self) -> None:
        """It is time for a scheduled run."""
        self._due.set()
        self._rung.set()

    def ask_to_stop(self) -> None:
        """Begin nothing further; the run that is under way is put back at its next report."""
        self._ending.set()
        self._rung.set()
        if self._child:
            with suppress(ProcessLookupError):
                self._child.terminate()

    def stop(self) -> None:
        self.ask_to_stop()
        self._thread.join(STOP_SECONDS + self._beat_seconds)

    def _stand_by(self) -> None:
        while not self._ending.is_set():
            try:
                self._round()
            except Outage as exc:
                log.warning("attendant_waits", part=exc.part, error=exc.detail)
            self._rung.wait(self._beat_seconds)
            self._rung.clear()
        self._finish()

    def _round(self) -> None:
        is_due = self._due.is_set()
        self._due.clear()  # before the look, so that who rings meanwhile is heard in the next round
        try:
            waits = self._look(is_due)
        except Outage:
            if is_due:
                self._due.set()
            raise
        if waits and self._is_free() and not self._ending.is_set():
            self._child = subprocess.Popen(self._command, stdin=subprocess.PIPE)
            threading.Thread(target=self._await, args=(self._child,), name="await", daemon=True).start()

    def _look(self, is_due: bool) -> bool:
        """Say that we live, ask for a scheduled run where that `is_due`; whether any run waits."""
        with self._database.transaction() as connection:
            may_learn = self._may_learn(connection)
            seconds = self._schedule_seconds if may_learn else None
            retraining.note_retrainer(connection, self._name, schedule_seconds=seconds)
            if is_due and may_learn:
                self._ask(connection)
            return retraining.any_to_do(connection)

    def _ask(self, connection: Connection) -> None:
        order = Order(mode=self._settings.retrain_mode, min_samples=self._settings.retrain_min_samples)
        if run := retraining.ask_on_schedule(connection, order):
            log.info("run_scheduled", run_id=str(run.id))

    def _is_free(self) -> bool:
        """Whether no process carries a run, neither ours nor another's."""
        if self._child or time.monotonic() < self._not_before:
            return False
        with only_one(self._settings, RETRAINING) as held:
            return held is not None

    def _await(self, child: subprocess.Popen[bytes]) -> None:
        with child:  # closes our end of the pipe, too
            code = child.wait()
        if code != 0:
            log.warning("run_process_ended", code=code)
            self._not_before = time.monotonic() + self._beat_seconds / 2
        self._child = None
        self._rung.set()

    def _finish(self) -> None:
        if child := self._child:
            with suppress(subprocess.TimeoutExpired):
                child.wait(STOP_SECONDS)
            child.kill()
        with suppress(Outage), self._database.transaction() as connection:
            retraining.remove_retrainer(connection, self._name)
