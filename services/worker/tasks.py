"""The tasks, each an adapter: ids in, one call."""

from collections.abc import Callable
from uuid import UUID

from celery import Celery

from services.worker.runtime import Runtime
from shared.queue import names


def register(app: Celery, runtime: Callable[[], Runtime]) -> None:
    """Give `app` its tasks; `runtime` is asked at each call, for it is made after the fork."""

    @app.task(name=names.SCORE)
    def score(*, ids: list[str]) -> None:
        runtime().verifier.drain([UUID(job_id) for job_id in ids])

    @app.task(name=names.FETCH)
    def fetch(*, ids: list[str]) -> None:
        runtime().fetcher.drain([UUID(job_id) for job_id in ids])

    @app.task(name=names.MAINTAIN)
    def maintain() -> None:
        runtime().maintain()
