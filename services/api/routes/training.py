"""What becomes of a tenant's job in retraining."""

from uuid import UUID

from fastapi import APIRouter

from services.api.deps import PartsOf, Reader
from services.api.errors import Problem
from services.api.schemas.problems import problems
from services.api.schemas.training import TrainingDocument
from shared.storage import jobs, ledger

router = APIRouter(prefix="/v1/jobs/{job_id}", tags=["jobs"])


@router.get("/training", responses=problems("unauthorized", "forbidden", "not-found", "invalid-request", "unavailable"))
def read_training(job_id: UUID, caller: Reader, parts: PartsOf) -> TrainingDocument:
    """Whether a job is lent for training, and which runs used it. Needs the scope `read`.

    Why a sample was refused is not said: it may be near to a picture of another tenant.
    """
    with parts.database.transaction() as connection:
        if jobs.get(connection, caller.tenant_id, job_id) is None:
            raise Problem("not-found", f"There is no job {job_id}.")
        lent = ledger.is_lent(connection, job_id)
        runs = ledger.used_by(connection, caller.tenant_id, job_id)
    return TrainingDocument(lent=lent, used_by=runs)
