"""What routes answer about images whose label is known."""

from datetime import datetime

from pydantic import Field

from services.api.documents import Document
from shared.domain.labels import Label, Part


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
