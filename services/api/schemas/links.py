"""Links to results."""

from datetime import datetime
from uuid import UUID

from pydantic import ConfigDict, Field

from services.api.schemas.base import Document, Request
from services.api.schemas.fields import Instant


class LinkRequest(Request):
    model_config = ConfigDict(json_schema_extra={"examples": [{"expires_at": "2027-02-21T00:00:00Z"}]})

    expires_at: Instant | None = Field(None, description="ISO 8601 with a zone; null: until it is revoked.")


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
