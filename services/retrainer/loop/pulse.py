"""What tells Postgres, once a second, that a run lives and how far it is, and hears whether it should stop."""

import threading
from types import TracebackType
from typing import Self

import structlog

from shared.domain.retraining import Progress, Run
from shared.errors import Outage
from shared.storage import retraining
from shared.storage.db import Database

SECONDS = 1.0

log = structlog.get_logger("retrainer")


class Interruption(BaseException):
    """Ends a stage in the middle. Not an Exception: a stage that passes over one bad image must not pass over this."""


class Stopped(Interruption):
    """The retrainer was asked to end; the run goes on later."""


class Cancelled(Interruption):
    """Somebody cancelled the run."""


class Superseded(Interruption):
    """Another retrainer has taken the run: nothing that is written from here on counts."""


class Pulse:
    """A thread of its own, so that neither a long stage nor an outage of Postgres keeps the other up."""

    def __init__(self, database: Database, run: Run) -> None:
        self._database = database
        self._run = run
        self._progress: Progress | None = None
        self._interruption: type[Interruption] | None = None
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._beat, name="pulse", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self._ended.set()
        self._thread.join()

    def report(self, progress: Progress) -> None:
        """How far a stage is; raises the Interruption that came in."""
        self._progress = progress
        if self._interruption:
            raise self._interruption

    def interrupt(self, why: type[Interruption]) -> None:
        """Raise it at the next report."""
        self._interruption = why

    def _beat(self) -> None:
        while not self._ended.wait(SECONDS):
            try:
                with self._database.transaction() as connection:
                    cancelled = retraining.beat(connection, self._run, self._progress)
            except Outage as exc:
                log.warning("heartbeat_missed", run_id=str(self._run.id), part=exc.part, error=exc.detail)
                continue
            if cancelled is None:
                self.interrupt(Superseded)
            elif cancelled:
                self.interrupt(Cancelled)
