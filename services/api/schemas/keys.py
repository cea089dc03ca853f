"""API keys."""

from datetime import datetime
from uuid import UUID

from pydantic import ConfigDict, Field

from services.api.schemas.base import Document, Request
from services.api.schemas.fields import Line
from shared.domain.tenant import Scope


class KeyRequest(Request):
    model_config = ConfigDict(json_schema_extra={"examples": [{"name": "pipeline", "scopes": ["submit", "read"]}]})

    name: Line
    scopes: list[Scope] = Field(min_length=1)
    tenant_id: UUID | None = Field(None, description="Whose key it is; without it, the tenant of the key you use.")


class KeyDocument(Document):
    id: UUID
    tenant_id: UUID
    name: str
    scopes: list[Scope]
    created_at: datetime
    last_used_at: datetime | None = Field(description="Up to a minute late; null until it is used.")
    revoked_at: datetime | None


class NewKeyDocument(KeyDocument):
    key: str = Field(description="The key itself. Shown this once; only its hash is kept.", examples=["jinwi_…"])


class KeyList(Document):
    keys: list[KeyDocument]
