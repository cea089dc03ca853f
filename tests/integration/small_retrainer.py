"""A retrainer whose stages are small and leave traces: `python -m tests.integration.small_retrainer attended`.

Each stage notes its name in the file `trace` of the home, and waits in it for as long as there is a file `hold-STAGE`,
reporting all the while. The training counts to five, one epoch a file, and goes on where it finds those of before. How
the gate rules, how many samples there are and why the version waits for a person, files say; one named `fail-STAGE`
makes that stage raise its words, `KIND: WORDS` one of FAULTS.
"""

import errno
import json
import sys
import time
from pathlib import Path

from services.retrainer.loop.code import WORK
from services.retrainer.loop.once import ATTENDED, serve
from services.retrainer.loop.run import Result, Stages, Work
from shared.config import Settings
from shared.domain.retraining import Progress, RunStage
from shared.errors import ConfigurationError, ModelRefused, VersionTaken
from shared.storage.db import Database

COMMAND = (sys.executable, "-m", "tests.integration.small_retrainer", ATTENDED)

EPOCHS = 5

FAULTS = {
    "memory": MemoryError,
    "disk": lambda words: OSError(errno.ENOSPC, words),
    "configuration": ConfigurationError,
    "version": ModelRefused,
    "taken": VersionTaken,
}


class Small:
    """The stages, with their files in `home`."""

    def __init__(self, home: Path) -> None:
        self._home = home

    def harvest(self, work: Work) -> Result:
        self._pass(RunStage.HARVEST, work)
        return {"considered": 5, "admitted": 3, "refused": {"unstable": 2}}

    def snapshot(self, work: Work) -> Result:
        self._pass(RunStage.SNAPSHOT, work)
        return {"samples": self._number("samples", 3)}

    def train(self, work: Work) -> Result:
        checkpoints, candidate = work.folder / WORK / "training", work.folder / "candidate"
        checkpoints.mkdir(exist_ok=True)
        begun = len(list(checkpoints.iterdir()))
        for epoch in range(begun, EPOCHS):
            (checkpoints / str(epoch)).write_text(str(epoch * work.run.seed), "ascii")
            self._note("epochs", str(epoch))
            work.report(Progress(stage=RunStage.TRAIN, done=epoch + 1, total=EPOCHS, loss=1 / (1 + epoch)))
            if epoch == 1:
                self._pass(RunStage.TRAIN, work)
        candidate.mkdir(exist_ok=True)
        total = sum(int(file.read_text("ascii")) for file in checkpoints.iterdir())
        (candidate / "weights").write_text(str(total), "ascii")
        return {"version": "9.9.9", "files": ["candidate/weights"]}

    def evaluate(self, work: Work) -> Result:
        self._pass(RunStage.EVALUATE, work)
        measured = int((work.folder / "candidate" / "weights").read_text("ascii"))
        (work.folder / "report.json").write_text(json.dumps({"measured": measured}), "ascii")
        return {"files": ["report.json"]}

    def gate(self, work: Work) -> Result:
        self._pass(RunStage.GATE, work)
        measured = json.loads((work.folder / "report.json").read_text("ascii"))["measured"]
        limit = self._number("limit", 0)
        ruling = {"name": "size", "value": measured, "limit": limit, "detail": f"{measured} against {limit}"}
        return {"passed": measured >= limit, "rulings": [{**ruling, "passed": measured >= limit}]}

    def publish(self, work: Work) -> Result:
        self._pass(RunStage.PUBLISH, work)
        version = work.results[RunStage.TRAIN]["version"]
        (self._home / f"published-{version}").touch()
        waits = self._home / "waits"
        return {"version": version, "waits": waits.read_text("ascii") if waits.exists() else None}

    def _pass(self, stage: RunStage, work: Work) -> None:
        self._note("trace", stage)
        while (self._home / f"hold-{stage}").exists():
            work.report(Progress(stage=stage))
            time.sleep(0.01)
        if (fault := self._home / f"fail-{stage}").exists():
            kind, _, words = fault.read_text("ascii").partition(": ")
            raise FAULTS[kind](words) if words else RuntimeError(kind)

    def _note(self, file: str, line: str) -> None:
        with (self._home / file).open("a", encoding="ascii") as trace:
            trace.write(f"{line}\n")

    def _number(self, name: str, otherwise: int) -> int:
        file = self._home / name
        return int(file.read_text("ascii")) if file.exists() else otherwise


def trace(home: Path) -> list[str]:
    """The stages that were begun in `home`, in order."""
    file = home / "trace"
    return file.read_text("ascii").split() if file.exists() else []


def compose(_: Database, settings: Settings) -> Stages:
    small = Small(settings.home)
    return {stage: getattr(small, stage) for stage in RunStage}


if __name__ == "__main__":
    sys.exit(serve(compose))
