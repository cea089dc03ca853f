"""One retraining run, from the stage where it stands to its end.

Each stage gives a result that fits in the row, and is kept before the next begins: whoever takes the run up again goes
on from there. What is too large for the row lies in the run's folder and is named in the result's `files`.
"""

import errno
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import structlog

from services.retrainer.loop import code
from services.retrainer.loop.pulse import Cancelled, Pulse, Stopped, Superseded
from shared.domain.retraining import ATTEMPTS, Progress, Report, Run, RunFailure, RunOutcome, RunStage, RunState
from shared.errors import ConfigurationError, JinwiError, ModelRefused, Outage, VersionTaken
from shared.patience import patiently
from shared.storage import retraining
from shared.storage.db import Database
from shared.storage.retraining import RESULTS, Ending

PATIENCE = 300
"""Seconds for which what a stage gave is offered to a database that is away."""

FAILURE_LENGTH = 500

ROOM = 1 << 16
"""Bytes below which a disk is full."""

Result = Mapping[str, Any]

_REASONS: Mapping[type[Exception], RunFailure] = {
    MemoryError: RunFailure.NO_MEMORY,
    ConfigurationError: RunFailure.CONFIGURATION,
    ModelRefused: RunFailure.VERSION_REFUSED,
    VersionTaken: RunFailure.VERSION_TAKEN,
}

log = structlog.get_logger("retrainer")


class NotEnoughSamples(JinwiError):
    """There is too little to learn from; the message says what is missing. A normal end of a run."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Work:
    """What a stage is given: the run, what the stages before gave, a folder of its own, and whom to tell its progress.

    The folder outlives the process, so that a stage that is begun again finds its checkpoints there.
    """

    run: Run
    stage: RunStage
    results: Mapping[RunStage, Result]
    folder: Path
    report: Report

    def alive(self) -> None:
        """To be called before each picture, and whatever else takes its time: only in a report is a stop heard."""
        self.report(Progress(stage=self.stage))


Stage = Callable[[Work], Result]
"""Begun again after a crash it must give the same: what it writes is written whole or not at all."""

Stages = Mapping[RunStage, Stage]
"""What the results must hold: of SNAPSHOT `samples`, the count of what is new; of GATE `passed` and `rulings`; of
PUBLISH `version`, and where that waits for a person, `waits`: why. From TRAIN on they may name `files`, paths below the
folder, without which they are worth nothing. What EVALUATE leaves is for GATE alone; what lies below `code.WORK` is for
the stage that wrote it.
"""


def carry_on(run: Run, compose: Callable[[], Stages], *, database: Database, folder: Path, pulse: Pulse) -> RunState:
    """Bring a claimed run to its end, and say which; `queued` where it is to go on later.

    Whatever a stage raises ends the run, not the retrainer: NotEnoughSamples with that outcome, an Outage puts it back,
    anything else fails it with one line. Raises Outage when Postgres stays away for longer than PATIENCE.
    """
    told = log.bind(run_id=str(run.id))
    try:
        ending = _ending(run, compose, database, folder, pulse)
    except Superseded:
        told.warning("run_superseded")
        return RunState.RUNNING
    except Stopped:
        return _put_back(run, database)
    except Outage as exc:
        told.warning("run_put_back", part=exc.part, error=exc.detail)
        return _put_back(run, database)
    held = patiently(lambda: _write(database, retraining.end, run, ending), PATIENCE)
    if held:
        told.info("run_ended", state=ending.state, outcome=ending.outcome, detail=ending.detail or ending.failure)
    return ending.state if held else RunState.RUNNING


def _ending(run: Run, compose: Callable[[], Stages], database: Database, folder: Path, pulse: Pulse) -> Ending:
    try:
        if run.attempts > ATTEMPTS:
            return _failed(
                RunFailure.STOPPED,
                f"the retrainer stopped {ATTEMPTS} times in the stage {run.stage} without a word, and came no further",
            )
        return _through_the_stages(run, compose(), database, folder, pulse)
    except Cancelled:
        return Ending(state=RunState.CANCELLED)
    except NotEnoughSamples as exc:
        return _finished(RunOutcome.NOT_ENOUGH_SAMPLES, str(exc))
    except Outage:
        raise
    except Exception as exc:
        log.exception("run_failed", run_id=str(run.id))
        return _failed(_reason(exc, folder), _line(exc))


def _through_the_stages(run: Run, stages: Stages, database: Database, folder: Path, pulse: Pulse) -> Ending:
    results: dict[RunStage, Result] = {
        stage: getattr(run, column) for stage, column in RESULTS.items() if getattr(run, column) is not None
    }
    order = list(RunStage)
    begins = _begins(run, results, folder)
    if begins in results:
        _held(patiently(lambda: _write(database, retraining.rewind, run, begins), PATIENCE))
        results = {stage: results[stage] for stage in order[: order.index(begins)]}
    code.mark(folder)
    for stage in order[len(results) :]:
        work = Work(run=run, stage=stage, results=results, folder=folder, report=pulse.report)
        work.alive()
        log.info("stage_began", run_id=str(run.id), stage=stage)
        result = stages[stage](work)
        if ending := _last(run, stage, result):
            return ending
        following = order[order.index(stage) + 1]
        _held(patiently(lambda: _write(database, retraining.keep, run, stage, result, following), PATIENCE))  # noqa: B023 - called at once
        results[stage] = result
    raise AssertionError("the last stage ends the run")


def _begins(run: Run, results: Mapping[RunStage, Result], folder: Path) -> RunStage:
    """The stage to go on with: one that has its result is begun again where that is not here, or is of other code.

    The candidate is a version directory, which any code reads, and a judgement stands: what is in the middle of being
    published must stay as it is.
    """
    if any(not (folder / file).exists() for result in results.values() for file in result.get("files", ())):
        return RunStage.TRAIN
    stage = list(RunStage)[len(results)]
    if not code.is_of_other(folder):
        return stage
    code.forget(folder)
    begins = RunStage.EVALUATE if stage is RunStage.GATE else stage
    log.warning("run_was_begun_by_other_code", run_id=str(run.id), stage=stage, begins_again_with=begins)
    return begins


def _last(run: Run, stage: RunStage, result: Result) -> Ending | None:
    """The end of the run where there is nothing to go on with."""
    if stage is RunStage.SNAPSHOT and result["samples"] < run.min_samples:
        detail = f"{result['samples']:,} samples are new, and the run asked for {run.min_samples:,} at least."
        return _finished(RunOutcome.NOT_ENOUGH_SAMPLES, detail, snapshot=result)
    if stage is RunStage.GATE and not result["passed"]:
        return _finished(RunOutcome.REFUSED, _refusal(result), judgement=result)
    if stage is RunStage.PUBLISH:
        detail = " ".join([f"Published as {result['version']}.", *filter(None, [result.get("waits")])])
        return _finished(RunOutcome.PUBLISHED, detail, version=result["version"])
    return None


def _refusal(judgement: Result) -> str:
    """The rules that failed, with their numbers."""
    failed: Sequence[Mapping[str, Any]] = [
        ruling for ruling in judgement["rulings"] if not ruling["passed"] and ruling.get("weight") != "notice"
    ]
    return "; ".join(f"{ruling['name']}: {ruling['detail']}" for ruling in failed)


def _put_back(run: Run, database: Database) -> RunState:
    patiently(lambda: _write(database, retraining.release, run), PATIENCE)
    return RunState.QUEUED


def _write(database: Database, action: Callable[..., bool], *arguments: Any) -> bool:
    with database.transaction() as connection:
        return action(connection, *arguments)


def _held(ours: bool) -> None:
    if not ours:
        raise Superseded


def _finished(outcome: RunOutcome, detail: str, **further: Any) -> Ending:
    return Ending(state=RunState.FINISHED, outcome=outcome, detail=detail, **further)


def _failed(reason: RunFailure, why: str) -> Ending:
    return Ending(state=RunState.FAILED, failure_reason=reason, failure=why)


def _reason(exc: Exception, folder: Path) -> RunFailure:
    """Of a full disk PyTorch and safetensors tell in words of their own, so that the disk itself is asked."""
    if getattr(exc, "errno", None) in {errno.ENOSPC, errno.EDQUOT} or shutil.disk_usage(folder).free < ROOM:
        return RunFailure.DISK_FULL
    return next((reason for kind, reason in _REASONS.items() if isinstance(exc, kind)), RunFailure.FAULT)


def _line(exc: Exception) -> str:
    """One line for the row; the trace is in the log."""
    said = " ".join(str(exc).split())
    named = said if isinstance(exc, JinwiError) else f"{type(exc).__name__}: {said}"
    return named[:FAILURE_LENGTH]
