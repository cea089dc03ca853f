"""Spot checks."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import ConfigDict, Field, StrictBool, ValidationInfo, field_validator

from services.api.schemas.base import Document, Request
from services.api.schemas.fields import Cursor, Prose


class SpotCheckQuery(Request):
    limit: int = Field(50, ge=1, le=200, description="Most spot checks in one answer.")
    cursor: Cursor | None = Field(None, description="`next_cursor` of the page before.")
    state: Literal["waiting", "labelled"] = "waiting"


class SpotCheckAnswer(Request):
    model_config = ConfigDict(
        json_schema_extra={"examples": [{"label": "ai", "reason": "The hands melt into the cup.", "regression": False}]}
    )

    label: Literal["human", "ai", "unsure"]
    reason: Prose
    regression: StrictBool = Field(
        default=False, description="Whether no later version may get it wrong; it then trains nothing."
    )

    @field_validator("regression")
    @classmethod
    def _a_case_has_an_answer(cls, value: bool, info: ValidationInfo) -> bool:
        if value and info.data.get("label") == "unsure":
            raise ValueError("needs the label human or ai: say which, or leave it out")
        return value


class SpotCheckDocument(Document):
    """`kind` is null while it waits, and so are `label`, `reason` and `decided_at`."""

    id: UUID
    state: Literal["waiting", "labelled"]
    drawn_at: datetime
    kind: Literal["random", "disagreement"] | None
    label: Literal["human", "ai", "unsure"] | None
    reason: str | None
    regression: bool
    decided_at: datetime | None
    links: dict[str, str]


class SpotCheckList(Document):
    spot_checks: list[SpotCheckDocument]
    next_cursor: str | None = Field(description="null on the last page.")
