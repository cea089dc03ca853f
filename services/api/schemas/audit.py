"""What administrators did."""

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import Field

from services.api.schemas.base import Document, Request
from services.api.schemas.fields import Cursor, Instant
from shared.domain.audit import Action


class AuditQuery(Request):
    limit: int = Field(50, ge=1, le=200, description="Most acts in one answer.")
    cursor: Cursor | None = Field(None, description="`next_cursor` of the page before.")
    action: Action | None = None
    key_id: UUID | None = Field(None, description="The key that it was done with.")
    since: Instant | None = Field(None, description="ISO 8601 with a zone; the instant itself included.")


class ActDocument(Document):
    """What an administrator did."""

    id: UUID
    at: datetime
    key_id: UUID | None = Field(description="The key that it was done with; null: the system itself did it.")
    tenant_id: UUID | None = Field(description="Whom it was done for; null where it holds for all.")
    action: Action
    subject: str = Field(description="What it was done to: an id, a version or a lane.")
    details: dict[str, Any]


class ActList(Document):
    acts: list[ActDocument]
    next_cursor: str | None = Field(description="null on the last page.")
