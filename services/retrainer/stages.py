"""What each stage of a retraining run does: the parts of the retrainer, joined."""

import hashlib
import json
import shutil
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

import structlog

from services.retrainer import gate, harvest, modes, publication, snapshots
from services.retrainer.gate import GuardReport
from services.retrainer.gold_hashes import hash_gold
from services.retrainer.guard import RegressionCase, guard_of, reports
from services.retrainer.run import NotEnoughSamples, Result, Stages, Work
from services.retrainer.taught import Sample
from shared import signing
from shared.config import Settings
from shared.domain.labels import Label, Part
from shared.domain.retraining import Progress, RunStage
from shared.errors import ConfigurationError, ImageRefused, JobError
from shared.signing import Trust
from shared.storage import gold, lifecycle, models, retraining, spot_checks
from shared.storage import snapshots as stored_snapshots
from shared.storage.db import Connection, Database
from shared.storage.gold import Gold
from shared.storage.objects import GOLD, ObjectStore
from shared.storage.spot_checks import Row

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

    def harvest(self, work: Work) -> Result:
        known = hash_gold(self._database, self._store, self._settings)
        found = harvest.harvest(
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
        teaches = [picture.sha256 for picture in self._gold(Part.TRAIN)]
        files = json.loads((self._champion(work) / models.MANIFEST).read_text(encoding="utf-8"))["files"]
        with self._database.transaction() as connection:
            taken = snapshots.take(
                connection, work.run.id, self._settings, gold=teaches, files={"gold.npz": files.get("gold.npz", "")}
            )
            new = retraining.count_new(connection, work.run.id, teaches)
        return {
            "id": str(taken.id),
            "sha256": taken.sha256.hex(),
            "harvested": len(taken.references),
            "gold": len(teaches),
            "samples": new,
        }

    def train(self, work: Work) -> Result:
        champion = self._champion(work)
        with self._database.transaction() as connection:
            name = json.loads((champion / "card.json").read_text(encoding="utf-8"))["name"]
            version = models.next_version(connection, name, run_id=work.run.id)
            taken = snapshots.read(connection, work.run.id)
            listed = taken_gold(connection, work.run.id)
        assert taken is not None
        teaches = [self._labelled(one) for one in self._gold(Part.TRAIN) if one.sha256.hex() in listed]
        out = work.folder / "candidate"
        try:
            staged = modes.train(
                champion,
                [*map(self._lent, taken.references), *teaches],
                mode=work.run.mode,
                version=version,
                out=out,
                work=work.folder / "work" / "training",
                seed=work.run.seed,
                report=work.report,
                guard=[self._labelled(one) for one in self._gold(Part.GUARD)],
            )
        except modes.NotEnoughSamples as exc:
            raise NotEnoughSamples(str(exc)) from exc
        return {"version": version, "files": [str(staged.relative_to(work.folder))]}

    def evaluate(self, work: Work) -> Result:
        work.report(Progress(stage=RunStage.EVALUATE))
        judges = [self._labelled(one) for one in self._gold(Part.GUARD)]
        with self._database.transaction() as connection:
            cases = spot_checks.regression_cases(connection)
        found = reports(
            _candidate(work),
            self._champion(work),
            self._version(work, self._origin(work)),
            images=judges,
            cases=[self._case(row) for row in cases],
        )
        _write(work.folder / REPORTS, [one.document() for one in found])
        return {"guard": _guard_set(_candidate(work), judges), "rows": len(found[0]), "files": [REPORTS]}

    def gate(self, work: Work) -> Result:
        documents = json.loads((work.folder / REPORTS).read_text(encoding="utf-8"))
        candidate, champion, ours = map(GuardReport.from_document, documents)
        with self._database.transaction() as connection:
            uses = retraining.count_guard_uses(connection, work.results[RunStage.EVALUATE]["guard"], work.run.id) + 1
        log.info("guard_consulted", run_id=str(work.run.id), times=uses)
        judged = gate.judge(candidate, champion, ours, seed=work.run.seed, guard_uses=uses).document()
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
            why = f"passed the gate of run {work.run.id}"
            lifecycle.enter(connection, version, run_id=work.run.id, by=None, why=why, plan=self._settings.rollout)
        return {"version": version}

    def _champion(self, work: Work) -> Path:
        """Its version directory, as it was registered; raises ConfigurationError where there is none."""
        if work.run.champion is None:
            raise ConfigurationError("no version is champion: promote one, for a run begins with its weights")
        return self._version(work, work.run.champion)

    def _origin(self, work: Work) -> str:
        """The version that the champion descends from and that was not trained here: shipped, or brought.

        Against it small losses add up.
        """
        version = str(work.run.champion)
        with self._database.transaction() as connection:
            while (row := models.get(connection, version)) is not None and row["origin"] == "trained":
                version = row["card"]["training"]["parent"]
        return version

    def _version(self, work: Work, version: str) -> Path:
        directory = work.folder / "work" / "versions" / version
        if not directory.is_dir():
            partial = directory.with_name(f"{version}.partial")
            shutil.rmtree(partial, ignore_errors=True)
            partial.mkdir(parents=True)
            self._store.get_model(version, partial)
            self._require_signature(partial, version)
            partial.rename(directory)
        return directory

    def _require_signature(self, directory: Path, version: str) -> None:
        """As a worker does: raise ModelRefused for what nobody vouches for who should."""
        with self._database.transaction() as connection:
            row = models.get(connection, version)
        assert row is not None
        signed = row["signed_by"] is not None or row["origin"] == "trained"
        found = signing.file_hashes(directory)
        Trust.of(self._settings).check(signing.read_signature(directory), found, signed=signed)

    def _gold(self, part: Part) -> list[Gold]:
        with self._database.transaction() as connection:
            return gold.rows(connection, part)

    def _labelled(self, picture: Gold) -> Sample:
        return Sample(
            key=picture.sha256.hex(),
            sha256=picture.sha256,
            label=float(picture.label is Label.AI),
            weight=1.0,
            owner=picture.owner,
            kind=picture.kind,
            source="gold",
            image=self._reader(GOLD, picture.sha256),
        )

    def _lent(self, reference: snapshots.Reference) -> Sample:
        return Sample(
            key=str(reference.ledger_id),
            sha256=reference.sha256,
            label=reference.label,
            weight=reference.weight,
            owner=f"tenant:{reference.tenant_id}",
            kind="",
            source=reference.source,
            image=self._reader(reference.tenant_id, reference.sha256),
        )

    def _case(self, row: Row) -> RegressionCase:
        return RegressionCase(
            id=str(row["id"]),
            expected=int(row["label"] == "ai"),
            image=self._reader(row["tenant_id"], row["sha256"]),
        )

    def _reader(self, holder: Any, sha256: bytes) -> Callable[[], bytes]:
        """Gives the bytes; what was erased meanwhile is as a picture that cannot be read, and left out."""

        def read() -> bytes:
            try:
                return self._store.get_image(holder, sha256)
            except JobError as exc:
                raise ImageRefused("undecodable", exc.detail) from exc

        return read


def taken_gold(connection: Connection, run_id: UUID) -> Collection[str]:
    """The SHA-256, in hex, of the gold in the run's snapshot: what is added later waits for the next run."""
    row = stored_snapshots.of_run(connection, run_id)
    return frozenset(row["manifest"]["gold"]) if row else frozenset()


def _candidate(work: Work) -> Path:
    return work.folder / work.results[RunStage.TRAIN]["files"][0]


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
