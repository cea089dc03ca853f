"""Prometheus metrics, named once: those that processes count, and all of them as they are shown.

Durations are kept by the processes that spend them. Where PROMETHEUS_MULTIPROC_DIR is set, they live in files of that
folder, one for each slot (a service, or a place in a worker's pool) rather than for each process: a pool child that is
replaced goes on with its predecessor's file, so files do not pile up and nothing is counted twice.
What Postgres knows (jobs by state, ages, models) stands in `stored_metrics`.
"""

import os

import structlog
from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest, start_http_server, values
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import REGISTRY

from shared.storage.db import Database
from shared.stored_metrics import DatabaseCollector

MULTIPROCESS = "PROMETHEUS_MULTIPROC_DIR" in os.environ

log = structlog.get_logger("metrics")

_slot = "main"


def use_slot(name: str) -> None:
    """Name the file that this process writes to; call it first in every service and every pool child."""
    global _slot  # noqa: PLW0603 - prometheus_client asks for the identifier through a plain function
    _slot = name.replace("_", "-")


def slot() -> str:
    return _slot


if MULTIPROCESS:
    values.ValueClass = values.MultiProcessValue(process_identifier=slot)

_FAST = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 30)

REQUEST_SECONDS = Histogram(
    "jinwi_api_request_duration_seconds",
    "Time to answer a request, waiting asked for by the client included.",
    ["method", "route", "status"],
    buckets=_FAST,
)
STEP_SECONDS = Histogram(
    "jinwi_job_step_duration_seconds",
    "Time of one step of a job in a worker: fetch, load, decode, provenance, score, stability, finish.",
    ["step"],
    buckets=_FAST,
)
JOB_SECONDS = Histogram(
    "jinwi_job_duration_seconds",
    "Time from submission to the final state, erasure left out.",
    ["lane", "state"],
    buckets=(0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 600, 1800, 3600, 21600),
)
WEBHOOK_SECONDS = Histogram(
    "jinwi_webhook_attempt_duration_seconds",
    "Time of one webhook attempt.",
    ["outcome"],
    buckets=_FAST,
)
CHALLENGER_PICTURES = Counter(
    "jinwi_challenger_pictures",
    "Pictures that the challenger was to score, by phase (shadow, canary) and outcome (scored, failed).",
    ["phase", "outcome"],
)
LIMITED_REQUESTS = Counter(
    "jinwi_api_limited_requests",
    "Requests answered with 429, by what was exceeded: submissions, requests, quota, backlog or links.",
    ["policy"],
)
LIMIT_COUNTS = Counter(
    "jinwi_api_limit_counts",
    "Requests counted against a limit, by where: redis, or memory while Redis is away.",
    ["store"],
)
REFUSED_MODELS = Counter(
    "jinwi_models_refused",
    "Times a worker would not load a model version, by what was wrong: signature or files.",
    ["reason"],
)


def count(counter: Counter, *labels: str) -> None:
    """Count one. A metrics folder that cannot be written costs the figure, never the work that it counts."""
    try:
        counter.labels(*labels).inc()
    except OSError as exc:
        log.warning("metric_lost", error=str(exc))


def observe(histogram: Histogram, seconds: float, *labels: str) -> None:
    """Note a duration. A metrics folder that cannot be written costs the figure, never the work that it measures."""
    try:
        histogram.labels(*labels).observe(seconds)
    except OSError as exc:
        log.warning("metric_lost", error=str(exc))


def _registry() -> CollectorRegistry:
    if not MULTIPROCESS:
        return REGISTRY
    registry = CollectorRegistry()
    MultiProcessCollector(registry)
    return registry


def render(database: Database) -> bytes:
    """Everything in Prometheus's text format; raises Outage when Postgres is away."""
    shared = CollectorRegistry()
    shared.register(DatabaseCollector(database))
    return generate_latest(_registry()) + generate_latest(shared)


def serve(port: int | None) -> None:
    """Show this host's durations at :port/metrics, for services that have no API of their own."""
    if port is not None:
        start_http_server(port, registry=_registry())
