"""What became of versions and candidates."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import Field

from services.api.schemas.base import Document, Request


class ChangelogQuery(Request):
    limit: int = Field(50, ge=1, le=200, description="Most entries in the answer.")


class ChangelogMove(Document):
    """A step of a version towards service, or out of it."""

    at: datetime
    before: str | None
    after: str
    by: str | None = Field(description="Name of the key of whoever did it; null: it came by itself.")
    why: str | None
    numbers: dict[str, Any]


class CandidateRun(Document):
    """What the retraining run that made it looked at; null where a stage was not reached."""

    id: UUID
    mode: str | None
    parent: str | None = Field(description="The champion that it began from.")
    harvest: dict[str, Any] | None = Field(description="`considered`, `admitted`, and `refused` by reason.")
    snapshot: dict[str, Any] | None
    detail: str | None = Field(description="How it ended, in words: of a version that waits for a person, why.")


class ChangelogEntry(Document):
    version: str | None = Field(description="null: a candidate that was refused before it got a number.")
    name: str
    status: Literal["published", "refused", "removed"]
    at: datetime
    origin: Literal["shipped", "trained", "imported"] | None
    description: str | None
    signed_by: str | None
    imported_by: str | None = Field(description="Name of the key that brought it.")
    run: CandidateRun | None
    gate: dict[str, Any] | None = Field(description="`passed`, and `rulings`: one for each rule, with its numbers.")
    moves: list[ChangelogMove]


class Changelog(Document):
    entries: list[ChangelogEntry]
