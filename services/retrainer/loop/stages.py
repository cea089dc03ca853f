"""What each stage of a retraining run does: the parts of the retrainer, joined."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import structlog

from services.retrainer import gate
from services.retrainer.gate import GuardReport
from services.retrainer.gate.guard import guard_of, reports
from services.retrainer.gold.hashes import hash_gold
from services.retrainer.harvest import snapshots
from services.retrainer.harvest.run import harvest
from services.retrainer.harvest.snapshots import Snapshot
from services.retrainer.loop import code, publication
from services.retrainer.loop.pictured import Pictured
from services.retrainer.loop.run import NotEnoughSamples, Result, Stages, Work
from services.retrainer.teaching import modes
from services.retrainer.teaching.taught import Sample
from services.retrainer.versions.fetched import Fetched
from shared.config import Settings
from shared.domain.labels import Part
from shared.domain.lifecycle import CHALLENGING, VersionState
from shared.domain.retraining import Progress, Refusal, RunStage
from shared.errors import ConfigurationError
from shared.storage import lifecycle, models, retraining
from shared.storage.db import Connection, Database
from shared.storage.objects import ObjectStore

REPORT = "report.json"
REPORTS = "guard-reports.json"

log = structlog.get_logger("retrainer")


def compose(database: Database, settings: Settings) -> Stages:
    """The stages of a real run."""
    joined = Joined(database, ObjectStore(settings), settings)
    return {stage: getattr(joined, stage) for stage in RunStage}


class Joined:
    """A method for each stage, by its name. Each may be begun again, and then gives the same."""

    def __init__(self, database: Database, store: ObjectStore, settings: Settings) -> None:
        self._database = database
        self._store = store
        self._settings = settings
        self._fetched = Fetched(database, store, settings)

    def harvest(self, work: Work) -> Result:
        known = self._hashes(work)
        found = harvest(
            self._database,
            self._store,
            self._champion(work),
            self._settings,
            work.run.id,
            work.report,
            gold=known[Part.TRAIN],
            guard=known[Part.GUARD],
        )
        return found.document()

    def snapshot(self, work: Work) -> Result:
        """`samples` is what is new: no candidate was judged with it yet."""
        pictured = self._pictured(work)
        teaches = [picture.sha256 for picture in pictured.gold(Part.TRAIN)]
        judges = {picture.sha256: picture.label.value for picture in pictured.gold(Part.GUARD)}
        # After the list, so that nothing is in it which the samples were not kept apart from.
        apart_from = self._hashes(work)[Part.GUARD]
        known = json.loads((self._champion(work) / models.MANIFEST).read_text(encoding="utf-8"))["files"]
        files = {name: known[name] for name in ("gold.npz", "guard.npz") if name in known}
        with self._database.transaction() as connection:
            taken = snapshots.take(
                connection, work.run.id, self._settings, gold=teaches, guard=judges, apart_from=apart_from, files=files
            )
            new = retraining.count_new(connection, work.run.id, teaches)
        return {
            "id": str(taken.id),
            "sha256": taken.sha256.hex(),
            "harvested": len(taken.references),
            "withdrawn": {Refusal.NEAR_GUARD.value: taken.near_guard},
            "gold": len(teaches),
            "samples": new,
        }

    def train(self, work: Work) -> Result:
        champion = self._champion(work)
        name = json.loads((champion / "card.json").read_text(encoding="utf-8"))["name"]
        with self._database.transaction() as connection:
            version = models.next_version(connection, name, run_id=work.run.id)
        taken, pictured = self._taken(work), self._pictured(work)
        gold = [one for one in pictured.gold(Part.TRAIN) if one.sha256.hex() in taken.gold]
        try:
            staged = modes.train(
                champion,
                [*map(pictured.lent, taken.references), *map(pictured.labelled, gold)],
                mode=work.run.mode,
                version=version,
                out=work.folder / "candidate",
                work=work.folder / code.WORK / "training",
                seed=work.run.seed,
                report=work.report,
                guard=_judges(pictured, taken),
            )
        except modes.NotEnoughSamples as exc:
            raise NotEnoughSamples(str(exc)) from exc
        return {"version": version, "files": [str(staged.relative_to(work.folder))]}

    def evaluate(self, work: Work) -> Result:
        pictured, taken, champion = self._pictured(work), self._taken(work), self._champion(work)
        judges = _judges(pictured, taken)
        cases = [case for case in pictured.cases() if _is_listed(taken.cases, case.id, case.label)]
        origin = self._fetched.version(self._fetched.origin(champion.name), champion.parent)

        def heard(done: int, total: int) -> None:
            work.report(Progress(stage=RunStage.EVALUATE, done=done, total=total))

        kept = work.folder / code.WORK / "evaluation"
        found = reports(_candidate(work), champion, origin, work=kept, images=judges, cases=cases, heard=heard)
        _write(work.folder / REPORTS, [one.document() for one in found])
        return {"guard": _guard_set(_candidate(work), judges), "rows": len(found[0]), "files": [REPORTS]}

    def gate(self, work: Work) -> Result:
        documents = json.loads((work.folder / REPORTS).read_text(encoding="utf-8"))
        candidate, champion, origin = map(GuardReport.from_document, documents)
        with self._database.transaction() as connection:
            uses = retraining.count_guard_uses(connection, work.results[RunStage.EVALUATE]["guard"], work.run.id) + 1
        log.info("guard_consulted", run_id=str(work.run.id), times=uses)
        judged = gate.judge(candidate, champion, origin, seed=work.run.seed, guard_uses=uses).document()
        _write(_candidate(work) / REPORT, judged)
        return judged

    def publish(self, work: Work) -> Result:
        version = publication.publish(
            _candidate(work),
            database=self._database,
            store=self._store,
            settings=self._settings,
            run_id=work.run.id,
        )
        with self._database.transaction() as connection:
            return {"version": version, "waits": self._enter(connection, version, work)}

    def _enter(self, connection: Connection, version: str, work: Work) -> str | None:
        """Begin the version's way, and say why not where it waits for a person.

        A run takes days: who was champion when it began may have been left since, and then no gate has compared the
        candidate with what it would replace.
        """
        row = lifecycle.enter(
            connection,
            version,
            run_id=work.run.id,
            by=None,
            why=f"passed the gate of run {work.run.id}",
            plan=self._settings.rollout,
            judged_against=work.run.champion,
        )
        assert row is not None
        if row["state"] in CHALLENGING | {VersionState.CHAMPION}:
            return None
        champion = lifecycle.state(connection, "champion")
        now = "no version is" if champion is None else f"{champion['version']} is"
        return (
            f"It was judged against {work.run.champion}, and {now} champion now: "
            f"`jinwi models rollout {version}` begins its way."
        )

    def _champion(self, work: Work) -> Path:
        if work.run.champion is None:
            raise ConfigurationError("no version is champion: promote one, for a run begins with its weights")
        return self._fetched.version(work.run.champion, work.folder / code.WORK / "versions")

    def _taken(self, work: Work) -> Snapshot:
        with self._database.transaction() as connection:
            taken = snapshots.read(connection, work.run.id)
        assert taken is not None
        return taken

    def _hashes(self, work: Work) -> Mapping[Part, Sequence[bytes]]:
        return hash_gold(self._database, self._store, self._settings, work.alive)

    def _pictured(self, work: Work) -> Pictured:
        return Pictured(self._database, self._store, work.alive)


def _judges(pictured: Pictured, taken: Snapshot) -> list[Sample]:
    """Gold that judged when the snapshot was taken, and is there still: what is added later waits for the next run."""
    return [
        pictured.labelled(picture)
        for picture in pictured.gold(Part.GUARD)
        if _is_listed(taken.guard, picture.sha256.hex(), picture.label)
    ]


def _is_listed(listed: Mapping[str, str] | None, name: str, label: str) -> bool:
    """Under the same label; a snapshot from before it was listed asks for all that judges now."""
    return listed is None or listed.get(name) == label


def _candidate(work: Work) -> Path:
    [directory] = work.results[RunStage.TRAIN]["files"]
    return work.folder / str(directory)


def _guard_set(candidate: Path, judges: Sequence[Sample]) -> str:
    """A name for the pictures that judge: the same for as long as they are the same."""
    travelling = guard_of(candidate)
    digest = hashlib.sha256(b"" if travelling is None else "".join(travelling.pictures).encode())
    for judge in judges:
        digest.update(judge.sha256)
    return digest.hexdigest()


def _write(file: Path, document: Mapping[str, Any] | Sequence[Any]) -> None:
    partial = file.with_name(f"{file.name}.partial")
    partial.write_text(json.dumps(document), encoding="utf-8")
    partial.replace(file)
