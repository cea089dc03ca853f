"""Appeals against results."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AfterValidator, ConfigDict, Field

from services.api.schemas.base import Document, Request
from services.api.schemas.fields import Cursor, Line, Prose, prose
from shared.domain.appeal import MESSAGE_LENGTH, AppealState
from shared.domain.review import Item, Label, Tick


class AppealQuery(Request):
    limit: int = Field(50, ge=1, le=200, description="Most appeals in one answer.")
    cursor: Cursor | None = Field(None, description="`next_cursor` of the page before.")
    state: AppealState | None = None
    job_id: UUID | None = None


class DecisionRequest(Request):
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "outcome": "overturned",
                    "reason": "The layers show how it was drawn.",
                    "reviewer": "editor-7",
                    "checklist": {"texture": "ok"},
                }
            ]
        }
    )

    outcome: Literal["upheld", "overturned"] = Field(
        description="`upheld`: the verdict stands. `overturned`: it does not."
    )
    reason: Prose = Field(description="Shown to whoever has the result's link.")
    reviewer: Line
    label: Label | None = Field(
        None, description="What the image is, where the verdict took no side; it else follows from the outcome."
    )
    checklist: dict[Item, Tick] = Field({}, description="What was looked at, and what was seen there.")


class AppealRequest(Request):
    """The fields of the form on a result's page, beside its files."""

    message: Annotated[str, Field(min_length=1, max_length=MESSAGE_LENGTH), AfterValidator(prose)]
    contact: Line | None = None


class AppealFileDocument(Document):
    number: int
    name: str = Field(description="As whoever sent it called it.")
    bytes: int
    sha256: str
    path: str = Field(description="Where its bytes are read. Nobody has opened it: treat it as any unknown file.")


class AppealDocument(Document):
    id: UUID
    job_id: UUID
    state: AppealState
    verdict: str | None = Field(
        description="What was appealed against: the model's verdict, or `human`, `ai` or `disputed`, people's."
    )
    message: str
    contact: str | None
    files: list[AppealFileDocument]
    reason: str | None = Field(description="The reviewer's, once decided; shown to whoever has the link.")
    reviewer: str | None
    created_at: datetime
    decided_at: datetime | None


class AppealList(Document):
    appeals: list[AppealDocument]
    next_cursor: str | None = Field(description="null on the last page.")
