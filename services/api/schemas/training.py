"""What becomes of a job in retraining."""

from uuid import UUID

from pydantic import Field

from services.api.schemas.base import Document


class TrainingDocument(Document):
    """What becomes of a job in retraining."""

    lent: bool = Field(description="Whether the job and its tenant's policy allow training now.")
    used_by: list[UUID] = Field(description="Runs whose snapshot held it, the oldest first; erasure leaves them.")
