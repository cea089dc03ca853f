"""A retrainer whose stages are small and leave traces: `python -m tests.integration.small_retrainer attended`.

Each stage notes its name in the file `trace` of the home, and waits in it for as long as there is a file `hold-STAGE`,
reporting all the while. The training counts to five, one epoch a file, and goes on where it finds those of before. How
the gate rules, and how many samples there are, files say; one named `fail-STAGE` makes that stage raise its words.
"""

import json
import sys
import time

from services.retrainer.once import serve
from services.retrainer.run import Result, Stages, Work
from shared.config import Settings
from shared.domain.retraining import Progress, RunStage
from shared.storage.db import Database

EPOCHS = 5


def compose(_: Database, settings: Settings) -> Stages:
    home = settings.home

    def passes(stage: RunStage, work: Work) -> None:
        with (home / "trace").open("a", encoding="ascii") as trace:
            trace.write(f"{stage}\n")
        while (home / f"hold-{stage}").exists():
            work.report(Progress(stage=stage))
            time.sleep(0.01)
        if (fault := home / f"fail-{stage}").exists():
            raise RuntimeError(fault.read_text("ascii"))

    def number(name: str, otherwise: int) -> int:
        file = home / name
        return int(file.read_text("ascii")) if file.exists() else otherwise

    def harvest(work: Work) -> Result:
        passes(RunStage.HARVEST, work)
        return {"considered": 5, "admitted": 3, "refused": {"unstable": 2}}

    def snapshot(work: Work) -> Result:
        passes(RunStage.SNAPSHOT, work)
        return {"samples": number("samples", 3)}

    def train(work: Work) -> Result:
        checkpoints, candidate = work.folder / "work", work.folder / "candidate"
        checkpoints.mkdir(exist_ok=True)
        begun = len(list(checkpoints.iterdir()))
        for epoch in range(begun, EPOCHS):
            (checkpoints / str(epoch)).write_text(str(epoch * work.run.seed), "ascii")
            with (home / "epochs").open("a", encoding="ascii") as trace:
                trace.write(f"{epoch}\n")
            work.report(Progress(stage=RunStage.TRAIN, done=epoch + 1, total=EPOCHS, loss=1 / (1 + epoch)))
            if epoch == 1:
                passes(RunStage.TRAIN, work)
        candidate.mkdir(exist_ok=True)
        total = sum(int(file.read_text("ascii")) for file in checkpoints.iterdir())
        (candidate / "weights").write_text(str(total), "ascii")
        return {"version": "9.9.9", "files": ["candidate/weights"]}

    def evaluate(work: Work) -> Result:
        passes(RunStage.EVALUATE, work)
        measured = int((work.folder / "candidate" / "weights").read_text("ascii"))
        (work.folder / "report.json").write_text(json.dumps({"measured": measured}), "ascii")
        return {"files": ["report.json"]}

    def gate(work: Work) -> Result:
        passes(RunStage.GATE, work)
        measured = json.loads((work.folder / "report.json").read_text("ascii"))["measured"]
        limit = number("limit", 0)
        ruling = {"name": "size", "value": measured, "limit": limit, "detail": f"{measured} against {limit}"}
        return {"passed": measured >= limit, "rulings": [{**ruling, "passed": measured >= limit}]}

    def publish(work: Work) -> Result:
        passes(RunStage.PUBLISH, work)
        version = work.results[RunStage.TRAIN]["version"]
        (home / f"published-{version}").touch()
        return {"version": version}

    return dict(zip(RunStage, (harvest, snapshot, train, evaluate, gate, publish), strict=True))


if __name__ == "__main__":
    sys.exit(serve(compose))
