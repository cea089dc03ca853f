"""Carries the run that is due to its end, in a process of its own: `python -m services.retrainer.loop.once`.

So the memory of a training is gone with it, an idle retrainer stays small, and a training that the kernel kills takes
nobody along. The process holds the advisory lock for as long as it lives: one run at a time, everywhere.
"""

import contextlib
import functools
import os
import shutil
import signal
import sys
import threading
from collections.abc import Callable, Generator
from pathlib import Path

import structlog

from services.retrainer.loop import code
from services.retrainer.loop.pulse import Pulse, Stopped
from services.retrainer.loop.run import Stages, carry_on
from shared import config, logging
from shared.config import Settings
from shared.domain.retraining import Run, RunOutcome, RunState
from shared.errors import ConfigurationError, Outage
from shared.storage import retraining
from shared.storage.db import Database
from shared.storage.lock import RETRAINING, only_one

Compose = Callable[[Database, Settings], Stages]

ATTENDED = "attended"
"""The argument that says: end when standard input does, for then the process that started this one is gone."""

PUT_BACK = os.EX_TEMPFAIL
"""The exit code after a run that is to go on later."""

STOP_SIGNALS = (signal.SIGTERM, signal.SIGINT)

KEPT = (RunOutcome.REFUSED,)
"""Outcomes after which the candidate stays on the disk; a published one is in the object store."""

log = structlog.get_logger("retrainer")


def carry_out(database: Database, settings: Settings, compose: Compose) -> RunState | None:
    """Take the run that is due and carry it on; None when there is none, or another process has the lock."""
    with only_one(settings, RETRAINING) as held:
        if held is None:
            return None
        with database.transaction() as connection:
            run = retraining.claim(connection)
        if run is None:
            return None
        folder = run_folder(settings, run)
        folder.mkdir(parents=True, exist_ok=True)
        with Pulse(database, run) as pulse, _stopping(pulse):
            made = functools.partial(compose, database, settings)
            state = carry_on(run, made, database=database, folder=folder, pulse=pulse)
        with database.transaction() as connection:
            _tidy(folder, retraining.get(connection, run.id))
        return state


def run_folder(settings: Settings, run: Run) -> Path:
    """Where a run keeps what is too large for its row."""
    return settings.retrainer_dir.expanduser().resolve() / "runs" / str(run.id)


def _tidy(folder: Path, run: Run | None) -> None:
    """Of a run that has ended only a refused candidate stays, and what was said of it."""
    if run is None or run.state in {RunState.QUEUED, RunState.RUNNING}:
        return
    code.forget(folder)
    if run.outcome not in KEPT:
        shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def _stopping(pulse: Pulse) -> Generator[None]:
    """SIGTERM and Ctrl-C end the stage at its next report."""
    before = {number: signal.signal(number, lambda *_: pulse.interrupt(Stopped)) for number in STOP_SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def give_way() -> None:
    """Scoring goes first: at the processor, and when the kernel looks for a process to end for want of memory."""
    os.nice(19)
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("1000", "ascii")


def end_with_the_attendant() -> None:
    """Standard input ends with the process that holds its other end, however that one dies."""

    def wait() -> None:
        os.read(sys.stdin.fileno(), 1)
        os._exit(1)

    threading.Thread(target=wait, name="attendant", daemon=True).start()


def serve(compose: Compose) -> int:
    """The exit code: 0 where nothing is left to go on with, PUT_BACK where it is worth trying again later."""
    if sys.argv[1:] == [ATTENDED]:
        end_with_the_attendant()
    give_way()
    try:
        settings = config.load()
    except ConfigurationError as exc:
        sys.exit(str(exc))
    logging.setup("retrainer", settings)
    database = Database(settings)
    database.open()
    try:
        state = carry_out(database, settings, compose)
    except Outage as exc:
        log.warning("retrainer_waits", part=exc.part, error=exc.detail)
        return PUT_BACK
    finally:
        database.close()
    return PUT_BACK if state in {RunState.QUEUED, RunState.RUNNING} else 0


def _compose(database: Database, settings: Settings) -> Stages:
    """Once the run is claimed: what cannot be imported fails the run, and is seen."""
    from services.retrainer.loop import stages  # noqa: PLC0415 - PyTorch, which whoever imports this module need not hold

    return stages.compose(database, settings)


if __name__ == "__main__":
    sys.exit(serve(_compose))
