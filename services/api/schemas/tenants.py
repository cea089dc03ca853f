"""Tenants and their limits."""

from datetime import datetime
from uuid import UUID

from pydantic import ConfigDict, Field

from services.api.schemas.base import Document, Request
from services.api.schemas.fields import Limit, Line


class TenantRequest(Request):
    model_config = ConfigDict(json_schema_extra={"examples": [{"name": "news-desk"}]})

    name: Line


class LimitsRequest(Request):
    """What is left out stays; null sets a limit back to the installation's own, 0 takes it away."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"submissions_per_minute": 600}]})

    submissions_per_minute: Limit | None = Field(None, description="Submissions in one minute.")
    requests_per_minute: Limit | None = Field(None, description="Requests in one minute that submit nothing.")
    submissions_per_day: Limit | None = Field(None, description="Jobs made in one day (UTC).")


class TenantQuery(Request):
    tenant_id: UUID | None = Field(None, description="For the scope `admin`; without it, the tenant of your key.")


class TenantDocument(Document):
    """A limit that is null is the installation's; 0 is none."""

    id: UUID
    name: str
    created_at: datetime
    submissions_per_minute: int | None
    requests_per_minute: int | None
    submissions_per_day: int | None


class NewTenantDocument(TenantDocument):
    webhook_secret: str = Field(description="Signs this tenant's webhooks. Shown this once.", examples=["whsec_…"])


class TenantList(Document):
    tenants: list[TenantDocument]
