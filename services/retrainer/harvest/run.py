"""What a retraining run may learn from: each lent, confident job of its share is looked at once, and decided about.

What can be refused from the row alone is refused without reading the picture. Looks are kept as they are made, so that
a harvest which was killed goes on from there; decisions that depend on one another are written together. Nothing is
copied: the ledger refers to jobs.
"""

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import structlog

from services.retrainer.harvest import nearness
from services.retrainer.harvest.admission import Context, Decision, Rules, before_looking, decide
from services.retrainer.harvest.due import considered, entry
from services.retrainer.harvest.familiarity import Familiarity
from services.retrainer.harvest.looking import Looker
from services.retrainer.harvest.prevalence import Prevalence, estimate
from services.retrainer.harvest.second import second_model
from services.retrainer.harvest.unsafe import warn
from shared.config import Settings
from shared.domain.job import Lane
from shared.domain.retraining import Harvest, Progress, Refusal, Report, Rule, RunStage
from shared.errors import JobError
from shared.scoring.session import Model
from shared.storage import ledger, spot_checks
from shared.storage.db import Connection, Database
from shared.storage.ledger import Entry, Look
from shared.storage.objects import ObjectStore

PAGE = 500

MISSING = frozenset({Refusal.NO_SECOND_SIGNAL, Refusal.LOW_POSTERIOR})

Row = Mapping[str, Any]

log = structlog.get_logger("retrainer")


def harvest(  # noqa: PLR0917 - what a stage of a run is given, in the order of all stages
    database: Database,
    store: ObjectStore,
    model: Path,
    settings: Settings,
    run_id: UUID,
    report: Report,
    *,
    gold: Sequence[bytes] = (),
    guard: Sequence[bytes] = (),
) -> Harvest:
    """Decide about all that is due, and count what this run decided, before an interruption too.

    `model` is the champion's version directory; `gold` and `guard` are PDQ hashes, 32 bytes each, of pictures of which
    nothing near may be harvested. Raises Outage, ConfigurationError for a second model that is none, and ModelRefused
    for one that nobody who is trusted vouches for.
    """
    warn(settings)
    champion = Model.load(model, provider=settings.onnx_provider, threads=settings.onnx_threads)
    with tempfile.TemporaryDirectory() as folder:
        second = second_model(database, store, settings, champion, Path(folder))
        with Looker(settings, champion, second) as looker:
            harvester = _Harvester(database, store, looker, settings, run_id)
            harvester.decide(report, gold=gold, guard=guard, familiarity=_familiarity(model))
    with database.transaction() as connection:
        counted = ledger.counts(connection, run_id)
    log.info("harvested", run_id=str(run_id), **counted.document())
    return counted


def rules_of(settings: Settings) -> Rules:
    return Rules(
        rule=Rule(settings.harvest_rule),
        posterior=settings.harvest_posterior,
        tenant_quota=settings.harvest_tenant_quota,
        day_quota=settings.harvest_day_quota,
        quarantine_days=settings.harvest_quarantine_days,
    )


def prevalence_now(connection: Connection, settings: Settings) -> Prevalence:
    """From the random spot checks of the window."""
    labels = spot_checks.random_labels(connection, window=window_of(settings))
    return estimate(**labels)


def window_of(settings: Settings) -> timedelta:
    return timedelta(days=settings.harvest_days)


@dataclass(frozen=True)
class _Harvester:
    database: Database
    store: ObjectStore
    looker: Looker
    settings: Settings
    run_id: UUID

    def decide(
        self, report: Report, *, gold: Sequence[bytes], guard: Sequence[bytes], familiarity: Familiarity | None
    ) -> None:
        rules = rules_of(self.settings)
        with self.database.transaction() as connection:
            prevalence = prevalence_now(connection, self.settings)
        plain = Context(low=prevalence.low, high=prevalence.high)
        rows = self._due()
        early = {row["id"]: before_looking(considered(row), rules, plain) for row in rows}
        refused = {job_id for job_id, decision in early.items() if self._is_refused_unseen(decision)}
        self._write([entry(row, early[row["id"]]) for row in rows if row["id"] in refused])
        rows = [row for row in rows if row["id"] not in refused]
        looks = self._look(rows, report)
        rows = [row for row in rows if row["id"] in looks]
        context = Context(
            low=prevalence.low,
            high=prevalence.high,
            gold=nearness.packed(gold),
            guard=nearness.packed([*guard, *self._regression_hashes(report)]),
            harvest=self._harvested(rows),
            familiarity=familiarity,
        )
        decisions = decide([considered(row, looks[row["id"]]) for row in rows], rules, context)
        entries = [entry(row, decision, looks[row["id"]].pdq) for row, decision in zip(rows, decisions, strict=True)]
        self._write(entries, last=True)

    def _is_refused_unseen(self, decision: Decision) -> bool:
        """A second model may yet give what is missing."""
        return not (decision.admitted or (self.looker.has_second and decision.refusal in MISSING))

    def _due(self) -> list[Row]:
        found: list[Row] = []
        while True:
            with self.database.transaction() as connection:
                page = ledger.due(
                    connection,
                    self.run_id,
                    window=window_of(self.settings),
                    share=self.settings.harvest_share,
                    after=found[-1]["id"] if found else ledger.FIRST,
                    limit=PAGE,
                )
            found += page
            if len(page) < PAGE:
                return found

    def _look(self, rows: Sequence[Row], report: Report) -> dict[UUID, Look]:
        """At each picture that this run has not looked at; what cannot be read is refused at once."""
        with self.database.transaction() as connection:
            looks = ledger.looks(connection, self.run_id)
        for done, row in enumerate(rows):
            report(Progress(stage=RunStage.HARVEST, done=done, total=len(rows)))
            if row["id"] in looks:
                continue
            try:
                looks[row["id"]] = look = self._look_at(row)
            except JobError as exc:
                detail = {"reason": exc.reason, "detail": exc.detail}
                self._write([entry(row, Decision(id=str(row["id"]), refusal=Refusal.UNREADABLE, detail=detail))])
            else:
                with self.database.transaction() as connection:
                    ledger.keep_look(connection, self.run_id, look)
        return looks

    def _look_at(self, row: Row) -> Look:
        seen = self.looker.look(self.store.get_image(row["tenant_id"], row["sha256"]), Lane(row["lane"]))
        return Look(
            job_id=row["id"],
            pdq=seen.pdq,
            scores=list(seen.scores),
            second_score=seen.second_score,
            embedding=None if seen.embedding is None else seen.embedding.astype("<f4").tobytes(),
        )

    def _regression_hashes(self, report: Report) -> list[bytes]:
        """Of the pictures that the gate keeps for itself; one that cannot be read is near to nothing."""
        with self.database.transaction() as connection:
            cases = spot_checks.regression_cases(connection)
        hashes = []
        for case in cases:
            report(Progress(stage=RunStage.HARVEST))
            if (known := case["pdq"]) is None:
                try:
                    known = self._look_at({**case, "id": case["job_id"]}).pdq
                except JobError as exc:
                    log.warning("regression_case_unread", case_id=str(case["id"]), reason=exc.reason)
                    continue
                with self.database.transaction() as connection:
                    spot_checks.describe_regression_case(connection, case["id"], known)
            hashes.append(known)
        return hashes

    def _harvested(self, rows: Sequence[Row]) -> nearness.Hashes:
        with self.database.transaction() as connection:
            return nearness.packed(ledger.harvested_hashes(connection, self.run_id, [row["id"] for row in rows]))

    def _write(self, entries: Sequence[Entry], *, last: bool = False) -> None:
        """In one transaction: after an interruption quotas must not be spent twice."""
        with self.database.transaction() as connection:
            ledger.write(connection, self.run_id, entries)
            if last:
                ledger.forget_looks(connection)


def _familiarity(model: Path) -> Familiarity | None:
    made = Familiarity.of_version(model, quantile=Rules().outliers)
    if made is None:
        log.warning("gold_embeddings_missing", version=model.name)
    return made
