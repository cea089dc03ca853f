"""Reviews: what people say of a result. Append-only."""

from uuid import UUID

import structlog
from fastapi import APIRouter

from services.api.deps import PartsOf, Reader, Reviewer
from services.api.errors import Problem
from services.api.schemas.problems import problems
from services.api.schemas.reviews import ReviewDocument, ReviewList, ReviewRequest
from shared.domain.job import State
from shared.storage import jobs, reviews

router = APIRouter(prefix="/v1/jobs/{job_id}", tags=["reviews"])

log = structlog.get_logger("api")


@router.post(
    "/review",
    status_code=201,
    responses=problems(
        "bad-request", "unauthorized", "forbidden", "not-found", "conflict", "invalid-request", "unavailable"
    ),
)
def review_job(job_id: UUID, review: ReviewRequest, caller: Reviewer, parts: PartsOf) -> ReviewDocument:
    """Say what the image is, whatever the model said; a job can be reviewed until it is erased.

    Needs the scope `review`. Nothing is overwritten: of one reviewer the newest review counts, of several the majority.
    """
    with parts.database.transaction() as connection:
        row, job = reviews.record(connection, caller.tenant_id, job_id, **review.model_dump())
    if job is None:
        raise Problem("not-found", f"There is no job {job_id}.")
    if row is None:
        raise Problem("conflict", f"The job {job_id} is {State.ERASED}.", state=State.ERASED)
    log.info("job_reviewed", job_id=str(job_id), label=review.label)
    return _document(row)


@router.get("/reviews", responses=problems("unauthorized", "forbidden", "not-found", "invalid-request", "unavailable"))
def list_reviews(job_id: UUID, caller: Reader, parts: PartsOf) -> ReviewList:
    """All reviews of a job, oldest first. Needs the scope `read`."""
    with parts.database.transaction() as connection:
        if jobs.get(connection, caller.tenant_id, job_id) is None:
            raise Problem("not-found", f"There is no job {job_id}.")
        rows = reviews.of_job(connection, caller.tenant_id, job_id)
    return ReviewList(reviews=[_document(row) for row in rows])


def _document(row: reviews.Row) -> ReviewDocument:
    return ReviewDocument(**{name: row[name] for name in ReviewDocument.model_fields})
