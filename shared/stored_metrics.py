"""What Postgres knows, as metrics: read from Postgres at each scrape, so that every API process says the same."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from shared.domain.lifecycle import CHALLENGING, VersionState
from shared.domain.retraining import RunOutcome, RunState
from shared.storage import counts, drift, ledger, lifecycle, models, retraining, snapshots, spot_checks
from shared.storage.db import Connection, Database

Row = Mapping[str, Any]


class DatabaseCollector(Collector):
    """What Postgres knows, asked at each scrape in one transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def collect(self) -> Iterator[Metric]:
        with self._database.transaction() as connection:
            counted = counts.jobs(connection)
            queued = counts.oldest_queued(connection)
            webhooks = counts.deliveries(connection)
            endpoints = counts.disabled_endpoints(connection)
            versions = models.all_versions(connection)
            harvested = ledger.newest_counts(connection)
            checks = spot_checks.counts(connection)
            prevalence = snapshots.newest_prevalence(connection)
            learning = list(_retraining(connection))
            moved, frozen = lifecycle.count_moves(connection), lifecycle.freeze(connection)["frozen"]
            drifted = drift.figures(connection)
        labels = ["state", "stage", "lane"]
        present = GaugeMetricFamily("jinwi_jobs", "Jobs by state.", labels=labels)
        entered = CounterMetricFamily("jinwi_jobs_entered", "Times a job came into a state.", labels=labels)
        for row in counted:
            values_of_row = [row["state"], row["stage"], row["lane"]]
            present.add_metric(values_of_row, row["present"])
            entered.add_metric(values_of_row, row["entered"])
        age = GaugeMetricFamily(
            "jinwi_oldest_queued_age_seconds", "Age of the oldest queued job; 0 without one.", labels=["stage", "lane"]
        )
        for row in queued:
            age.add_metric([row["stage"], row["lane"]], row["seconds"] or 0)
        paused = GaugeMetricFamily("jinwi_lane_paused", "1 while a lane is paused.", labels=["lane"])
        for lane, is_paused in {row["lane"]: row["paused"] for row in queued}.items():
            paused.add_metric([lane], is_paused)
        info = GaugeMetricFamily("jinwi_model_info", "1 for each model alias.", labels=["alias", "version", "sha256"])
        for row in versions:
            for alias in row["aliases"]:
                info.add_metric([alias, row["version"], row["sha256"].hex()], 1)
        pending = GaugeMetricFamily("jinwi_webhooks_pending", "Webhooks not yet delivered.", webhooks["pending"])
        oldest = GaugeMetricFamily(
            "jinwi_oldest_webhook_age_seconds", "Age of the oldest pending webhook.", webhooks["oldest_seconds"] or 0
        )
        disabled = GaugeMetricFamily(
            "jinwi_webhook_endpoints_disabled", "Webhook endpoints that are disabled.", labels=["reason"]
        )
        for row in endpoints:
            disabled.add_metric([row["reason"]], row["disabled"])
        yield from _training(harvested, checks, prevalence)
        yield from (present, entered, age, paused, info, pending, oldest, disabled, *learning)
        yield from _rollout_metrics(versions, moved, frozen=frozen)
        yield from _drift_metrics(drifted)


def _retraining(connection: Connection) -> Iterator[Metric]:
    counted, now = retraining.counts(connection), retraining.now(connection)
    ended = CounterMetricFamily("jinwi_retraining_runs", "Retraining runs that ended, by how.", labels=["outcome"])
    for outcome in (*RunOutcome, RunState.FAILED, RunState.CANCELLED):
        ended.add_metric([outcome], counted.get(outcome, 0))
    stage = GaugeMetricFamily("jinwi_retraining_stage", "1 for the stage of the run that runs.", labels=["stage"])
    running = now["running"] or {"stage": None, "progress": None}
    if running["stage"]:
        stage.add_metric([running["stage"]], 1)
    progress = running["progress"] or {"done": 0, "total": 0, "loss": None}
    share = progress["done"] / progress["total"] if progress["total"] else 0
    oldest, finished = now["oldest_waiting_seconds"] or 0, now["since_finished_seconds"]
    schedule = now["schedule_seconds"] or 0
    yield from (
        ended,
        stage,
        GaugeMetricFamily("jinwi_retrainers", "Retrainers that are alive.", now["retrainers"]),
        GaugeMetricFamily("jinwi_retraining_progress_ratio", "How much of its stage the run has done.", share),
        GaugeMetricFamily("jinwi_retraining_loss", "Of the training that runs.", progress["loss"]),
        GaugeMetricFamily("jinwi_retraining_oldest_age_seconds", "Age of the oldest unfinished run.", oldest),
        GaugeMetricFamily("jinwi_retraining_last_finished_age_seconds", "Since a run last finished.", finished),
        GaugeMetricFamily("jinwi_retraining_schedule_seconds", "Between two scheduled runs; 0: none.", schedule),
    )


def _rollout_metrics(versions: Iterable[Row], moved: Iterable[Row], *, frozen: bool) -> Iterator[Metric]:
    state = GaugeMetricFamily(
        "jinwi_model_state", "1 for each version that is shadow, canary or champion.", labels=["version", "state"]
    )
    for row in versions:
        if row["state"] in CHALLENGING | {VersionState.CHAMPION}:
            state.add_metric([row["version"], row["state"]], 1)
    moves = CounterMetricFamily(
        "jinwi_model_moves", "Moves of versions, by where to and by whom.", labels=["state", "by"]
    )
    for row in moved:
        moves.add_metric([row["state"], "itself" if row["automatic"] else "key"], row["moves"])
    held = GaugeMetricFamily("jinwi_models_frozen", "1 while no version comes into service by itself.", int(frozen))
    yield from (state, moves, held)


def _drift_metrics(drifted: Iterable[Row]) -> Iterator[Metric]:
    labels = ["tenant", "version"]
    scored = GaugeMetricFamily("jinwi_drift_scored", "Jobs scored in the last 24 hours.", labels=labels)
    index = GaugeMetricFamily(
        "jinwi_drift_psi", "Population stability index of their scores against the version's first.", labels=labels
    )
    uncertain = GaugeMetricFamily("jinwi_drift_uncertain_ratio", "Share of them that is uncertain.", labels=labels)
    reviewed = GaugeMetricFamily(
        "jinwi_drift_reviewed", "Decided verdicts that people reviewed in the last 24 hours.", labels=labels
    )
    overturned = GaugeMetricFamily("jinwi_drift_overturned", "Those of them that people overturned.", labels=labels)
    for row in drifted:
        of = [row["tenant"], row["version"]]
        scored.add_metric(of, row["scored"])
        if row["psi"] is not None:
            index.add_metric(of, row["psi"])
        uncertain.add_metric(of, row["uncertain"])
        reviewed.add_metric(of, row["reviewed"])
        overturned.add_metric(of, row["overturned"])
    yield from (scored, index, uncertain, reviewed, overturned)


def _training(
    harvested: Mapping[str, int], checks: Sequence[Mapping[str, Any]], prevalence: Mapping[str, float] | None
) -> Iterator[Metric]:
    samples = GaugeMetricFamily(
        "jinwi_harvest_samples", "Samples of the newest harvest: admitted, or refused and why.", labels=["decision"]
    )
    for decision, count_of_it in harvested.items():
        samples.add_metric([decision], count_of_it)
    asked = GaugeMetricFamily("jinwi_spot_checks", "Spot checks by kind and state.", labels=["kind", "state"])
    for row in checks:
        asked.add_metric([row["kind"], "labelled" if row["decided"] else "waiting"], row["checks"])
    share = GaugeMetricFamily(
        "jinwi_prevalence", "Share of AI among what is lent, as the newest snapshot has it.", labels=["bound"]
    )
    for bound, value in (prevalence or {}).items():
        share.add_metric([bound], value)
    yield from (samples, asked, share)
