"""What Postgres knows, as metrics: read from Postgres at each scrape, so that every API process says the same."""

from collections.abc import Iterator

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from shared.domain.lifecycle import CHALLENGING, VersionState
from shared.domain.retraining import RunOutcome, RunState
from shared.storage import counts, drift, ledger, lifecycle, models, retraining, snapshots, spot_checks
from shared.storage.db import Connection, Database


class DatabaseCollector(Collector):
    """What Postgres knows, asked at each scrape in one transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def collect(self) -> Iterator[Metric]:
        with self._database.transaction() as connection:
            metrics = [metric for part in PARTS for metric in part(connection)]
        yield from metrics


def _jobs(connection: Connection) -> Iterator[Metric]:
    labels = ["state", "stage", "lane"]
    present = GaugeMetricFamily("jinwi_jobs", "Jobs by state.", labels=labels)
    entered = CounterMetricFamily("jinwi_jobs_entered", "Times a job came into a state.", labels=labels)
    for row in counts.jobs(connection):
        values_of_row = [row["state"], row["stage"], row["lane"]]
        present.add_metric(values_of_row, row["present"])
        entered.add_metric(values_of_row, row["entered"])
    held = GaugeMetricFamily(
        "jinwi_jobs_held_by_appeals",
        "Jobs kept beyond retention by an open appeal.",
        counts.held_by_appeals(connection),
    )
    yield from (present, entered, held)


def _queues(connection: Connection) -> Iterator[Metric]:
    queued = counts.oldest_queued(connection)
    age = GaugeMetricFamily(
        "jinwi_oldest_queued_age_seconds", "Age of the oldest queued job; 0 without one.", labels=["stage", "lane"]
    )
    for row in queued:
        age.add_metric([row["stage"], row["lane"]], row["seconds"] or 0)
    paused = GaugeMetricFamily("jinwi_lane_paused", "1 while a lane is paused.", labels=["lane"])
    for lane, is_paused in {row["lane"]: row["paused"] for row in queued}.items():
        paused.add_metric([lane], is_paused)
    yield from (age, paused)


def _webhooks(connection: Connection) -> Iterator[Metric]:
    webhooks = counts.deliveries(connection)
    disabled = GaugeMetricFamily(
        "jinwi_webhook_endpoints_disabled", "Webhook endpoints that are disabled.", labels=["reason"]
    )
    for row in counts.disabled_endpoints(connection):
        disabled.add_metric([row["reason"]], row["disabled"])
    oldest = webhooks["oldest_seconds"] or 0
    yield from (
        GaugeMetricFamily("jinwi_webhooks_pending", "Webhooks not yet delivered.", webhooks["pending"]),
        GaugeMetricFamily("jinwi_oldest_webhook_age_seconds", "Age of the oldest pending webhook.", oldest),
        disabled,
    )


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


def _models(connection: Connection) -> Iterator[Metric]:
    info = GaugeMetricFamily("jinwi_model_info", "1 for each model alias.", labels=["alias", "version", "sha256"])
    state = GaugeMetricFamily(
        "jinwi_model_state", "1 for each version that is shadow, canary or champion.", labels=["version", "state"]
    )
    for row in models.all_versions(connection):
        for alias in row["aliases"]:
            info.add_metric([alias, row["version"], row["sha256"].hex()], 1)
        if row["state"] in CHALLENGING | {VersionState.CHAMPION}:
            state.add_metric([row["version"], row["state"]], 1)
    moves = CounterMetricFamily(
        "jinwi_model_moves", "Moves of versions, by where to and by whom.", labels=["state", "by"]
    )
    for row in lifecycle.count_moves(connection):
        moves.add_metric([row["state"], "itself" if row["automatic"] else "key"], row["moves"])
    frozen = int(lifecycle.freeze(connection)["frozen"])
    held = GaugeMetricFamily("jinwi_models_frozen", "1 while no version comes into service by itself.", frozen)
    yield from (info, state, moves, held)


def _drift(connection: Connection) -> Iterator[Metric]:
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
    for row in drift.figures(connection):
        of = [row["tenant"], row["version"]]
        scored.add_metric(of, row["scored"])
        if row["psi"] is not None:
            index.add_metric(of, row["psi"])
        uncertain.add_metric(of, row["uncertain"])
        reviewed.add_metric(of, row["reviewed"])
        overturned.add_metric(of, row["overturned"])
    yield from (scored, index, uncertain, reviewed, overturned)


def _training(connection: Connection) -> Iterator[Metric]:
    samples = GaugeMetricFamily(
        "jinwi_harvest_samples", "Samples of the newest harvest: admitted, or refused and why.", labels=["decision"]
    )
    for decision, count_of_it in ledger.newest_counts(connection).items():
        samples.add_metric([decision], count_of_it)
    asked = GaugeMetricFamily("jinwi_spot_checks", "Spot checks by kind and state.", labels=["kind", "state"])
    for row in spot_checks.counts(connection):
        asked.add_metric([row["kind"], "labelled" if row["decided"] else "waiting"], row["checks"])
    share = GaugeMetricFamily(
        "jinwi_prevalence", "Share of AI among what is lent, as the newest snapshot has it.", labels=["bound"]
    )
    for bound, value in (snapshots.newest_prevalence(connection) or {}).items():
        share.add_metric([bound], value)
    yield from (samples, asked, share)


PARTS = (_training, _jobs, _queues, _webhooks, _retraining, _models, _drift)
