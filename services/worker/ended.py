"""What is said of a job that just ended, wherever it ended."""

from collections.abc import Iterable

import structlog

from shared.domain.job import Job
from shared.metrics import JOB_SECONDS, observe

log = structlog.get_logger("worker")


def note(finished: Iterable[Job]) -> None:
    """One observation and one line a job; call it once the transaction that ended them has committed."""
    for job in finished:
        if job.finished_at:
            seconds = (job.finished_at - job.created_at).total_seconds()
            observe(JOB_SECONDS, seconds, job.lane, job.state)
        reason = job.error["reason"] if job.error else None
        log.info("job_ended", job_id=str(job.id), state=job.state, reason=reason, attempt=job.attempt)
