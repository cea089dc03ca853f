"""Pictures that were seen before."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import Field

from services.api.schemas.base import Document
from shared.domain.embedding import Likeness
from shared.domain.verdict import Verdict


class TwinReviewDocument(Document):
    label: Literal["human", "ai", "unsure"]
    reason: str
    reviewer: str
    created_at: datetime


class TwinDocument(Document):
    """Another job whose image is the same picture, in this or another form."""

    job_id: UUID
    distance: int = Field(ge=0, description="In how many of their 256 bits the hashes differ.")
    same_file: bool = Field(description="Whether it is the same file, byte for byte.")
    external_id: str | None
    ai_probability: float = Field(ge=0, le=1)
    verdict: Verdict
    model: str | None = Field(description="The version that scored it.")
    finished_at: datetime
    review: TwinReviewDocument | None = Field(description="The newest, where a person said something of that job.")


class ReferenceDocument(Document):
    """A picture of the tenant's own that is near by hash, or by the network's embedding, or by both."""

    index: str
    name: str
    distance: int = Field(ge=0, description="In how many of their 256 bits the hashes differ.")
    same_file: bool
    near_by_hash: bool = Field(
        description="Whether it is the same picture by its hash; false: near by embedding alone."
    )
    embedding_distance: float | None = Field(
        ge=0, le=1, description="0 for the same; unrelated pictures lie about 0.33 apart. null: not to be compared."
    )
    embedding_likeness: Likeness | None = Field(
        description="`close` up to 0.06, `loose` up to 0.12: 1 to 7 of 1,000 unrelated pictures; `far` beyond."
    )


class SimilarDocument(Document):
    pdq: str = Field(description="The perceptual hash of the image, 64 hexadecimal digits.")
    quality: int = Field(ge=0, le=100, description="How much there is in the image for the hash to go by.")
    sure: bool = Field(description="false: below 50 the hash says little, and only the same file is looked for.")
    within: int = Field(description="The largest distance that is called similar.")
    jobs: list[TwinDocument] = Field(description="Those that a person reviewed first, then the nearest; at most 20.")
    note: str
    references: list[ReferenceDocument] = Field(
        description="The nearest pictures of the tenant's own indexes, at most 5 by hash, then at most 5 by embedding."
    )
    references_searched: int = Field(ge=0, description="How many the image's embedding was compared with.")
    references_unsearched: int = Field(ge=0, description="How many it could not be compared with; the note says why.")
    references_note: str
