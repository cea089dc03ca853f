"""What people say of a job."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import ConfigDict, Field

from services.api.schemas.base import Document, Request
from services.api.schemas.fields import Line, Prose
from shared.domain.review import Item, Label, ReviewState, Tick


class ReviewRequest(Request):
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "label": "human",
                    "reason": "The photographer sent the raw file.",
                    "reviewer": "editor-7",
                    "checklist": {"shadows": "ok", "hands": "odd"},
                }
            ]
        }
    )

    label: Label
    reason: Prose
    reviewer: Line
    checklist: dict[Item, Tick] = Field({}, description="What was looked at, and what was seen there.")


class VotesDocument(Document):
    """How many reviewers say what, each with the newest label, since the last decision on an appeal."""

    human: int
    ai: int
    unsure: int


class ReviewedDocument(Document):
    """Where the verdict stands with people. The model's verdict and probabilities stay as they were."""

    state: ReviewState = Field(
        description="`disputed`: as many say human as say AI, so a further reviewer is asked. `decided`: people "
        "decided what the model left open."
    )
    verdict_by_person: Literal["human", "ai"] | None = Field(description="Where set, it holds for the tenant.")
    votes: VotesDocument


class ReviewDocument(Document):
    id: UUID
    job_id: UUID
    label: Label
    reason: str
    reviewer: str
    checklist: dict[Item, Tick]
    appeal_id: UUID | None = Field(description="The appeal that it decided, if any.")
    created_at: datetime


class ReviewList(Document):
    reviews: list[ReviewDocument]
