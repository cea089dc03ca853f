"""Images whose label is known."""

from datetime import datetime
from typing import Literal

from pydantic import ConfigDict, Field

from services.api.schemas.base import Document, Request
from services.api.schemas.fields import Cursor, Line
from shared.domain.labels import Label, Part
from shared.storage.gold import GUARD_SHARE


class GoldRequest(Request):
    """What is said beside a labelled image, in the form's fields."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"label": "human", "owner": "kim", "kind": "photograph"}]}
    )

    label: Literal["human", "ai"]
    owner: Line | None = Field(
        None,
        description="Who made or collected it: all of an owner is trained on, or all of it judges. Without one, the "
        "image stands for itself.",
    )
    kind: Line | None = Field(None, description="photograph, painting …")
    guard: float = Field(
        GUARD_SHARE,
        ge=0,
        le=1,
        allow_inf_nan=False,
        description="Share of new owners that judge. An owner that is known stays where it is.",
    )


class GoldQuery(Request):
    limit: int = Field(50, ge=1, le=200, description="Most images in one answer.")
    cursor: Cursor | None = Field(None, description="`next_cursor` of the page before.")
    label: Label | None = None
    part: Part | None = None
    owner: Line | None = None


class GoldDocument(Document):
    """A picture whose label is known."""

    sha256: str
    label: Label
    owner: str
    kind: str
    part: Part = Field(description="`guard` judges new versions and is never trained on. All of an owner is in one.")
    bytes: int
    format: str
    width: int | None = Field(description="Pixels as stored; null where the header does not say.")
    height: int | None
    added_at: datetime
    removed_at: datetime | None


class GoldCount(Document):
    part: Part
    label: Label
    images: int
    owners: int


class GoldList(Document):
    counts: list[GoldCount] = Field(description="Of all that the filters let through, whatever the page.")
    images: list[GoldDocument]
    next_cursor: str | None = Field(description="null on the last page.")
