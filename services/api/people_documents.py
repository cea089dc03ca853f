"""What answers say of links and appeals, as in `documents.py`."""

from datetime import datetime
from uuid import UUID

from pydantic import Field

from services.api.documents import Document
from shared.domain.appeal import AppealState


class LinkDocument(Document):
    id: UUID
    job_id: UUID
    created_at: datetime
    expires_at: datetime | None = Field(description="null: it holds until it is revoked.")
    revoked_at: datetime | None


class NewLinkDocument(LinkDocument):
    path: str = Field(
        description="Where the result is read, below the address of this API. Shown this once; only the token's hash "
        "is kept.",
        examples=["/r/…"],
    )


class LinkList(Document):
    links: list[LinkDocument]


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
