"""What requests about links and appeals may say, as in `schemas.py`."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import AfterValidator, ConfigDict, Field

from services.api.schemas import Cursor, Instant, Line, Prose, Request, prose
from shared.domain.appeal import MESSAGE_LENGTH, AppealState
from shared.domain.review import Item, Label, Tick


class LinkRequest(Request):
    model_config = ConfigDict(json_schema_extra={"examples": [{"expires_at": "2027-02-21T00:00:00Z"}]})

    expires_at: Instant | None = Field(None, description="ISO 8601 with a zone; null: until it is revoked.")


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
