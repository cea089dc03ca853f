"""What the server says of reviews, links and appeals, typed. Every document keeps its raw JSON in `document`."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Self


class AppealState(StrEnum):
    """`upheld`: the verdict stands. `overturned`: it does not."""

    OPEN = "open"
    UPHELD = "upheld"
    OVERTURNED = "overturned"


@dataclass(frozen=True, kw_only=True, slots=True)
class Link:
    """A permanent link to a result, for people without a key. `path` only right after it was made."""

    id: str
    job_id: str
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    path: str | None = field(repr=False)
    document: Mapping[str, Any] = field(repr=False)

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> Self:
        return cls(
            id=document["id"],
            job_id=document["job_id"],
            created_at=datetime.fromisoformat(document["created_at"]),
            expires_at=_time(document["expires_at"]),
            revoked_at=_time(document["revoked_at"]),
            path=document.get("path"),
            document=document,
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class AppealFile:
    """A file that came with an appeal, by the name that its sender gave it. Nobody has opened it."""

    number: int
    name: str
    bytes: int
    sha256: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Appeal:
    """What somebody says against a result, and what became of that; `reason` is the reviewer's."""

    id: str
    job_id: str
    state: AppealState
    verdict: str | None
    """What was appealed against: the model's verdict, or people's."""
    message: str
    contact: str | None
    files: tuple[AppealFile, ...]
    reason: str | None
    reviewer: str | None
    created_at: datetime
    decided_at: datetime | None
    document: Mapping[str, Any] = field(repr=False)

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> Self:
        names = ("id", "job_id", "verdict", "message", "contact", "reason", "reviewer")
        files = ({name: file[name] for name in AppealFile.__dataclass_fields__} for file in document["files"])
        return cls(
            **{name: document[name] for name in names},
            state=AppealState(document["state"]),
            files=tuple(AppealFile(**file) for file in files),
            created_at=datetime.fromisoformat(document["created_at"]),
            decided_at=_time(document["decided_at"]),
            document=document,
        )


def _time(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
