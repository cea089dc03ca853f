"""Indexes of references."""

from datetime import datetime

from pydantic import Field

from services.api.schemas.base import Document, Request
from services.api.schemas.fields import Sha256


class ReferenceQuery(Request):
    limit: int = Field(1000, ge=1, le=1000, description="Most pictures in one answer.")
    after: Sha256 | None = Field(None, description="`next_after` of the page before.")


class ReferenceIndexDocument(Document):
    name: str
    pictures: int
    changed_at: datetime = Field(description="When the newest picture came.")


class ReferencePictureDocument(Document):
    sha256: str = Field(description="Of the file, in hexadecimal.")
    name: str
    current: bool = Field(description="false: sent again, it could be compared by the embedding that scores now.")


class ReferencePictureList(Document):
    pictures: list[ReferencePictureDocument]
    next_after: str | None = Field(description="For the next page; null on the last one.")


class ReferenceIndexList(Document):
    indexes: list[ReferenceIndexDocument]


class RemovedIndexDocument(Document):
    name: str
    pictures: int = Field(description="How many were forgotten.")
