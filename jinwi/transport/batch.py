"""Many images at once: what a batch yields for each, and the lane it takes."""

from dataclasses import dataclass

from jinwi.calls.jobs import Options
from jinwi.errors import ApiError, Timeout
from jinwi.results.jobs import Job, Lane
from jinwi.transport.flow import Source


@dataclass(frozen=True, kw_only=True, slots=True)
class BatchItem:
    """How one image of a batch ended: with a job, or with the error that kept it from having one."""

    source: Source
    job: Job | None = None
    error: ApiError | Timeout | OSError | None = None


def bulk(options: Options) -> Options:
    """In the bulk lane unless they say otherwise."""
    return {"lane": Lane.BULK, **options}
