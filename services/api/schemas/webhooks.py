"""Webhook endpoints."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Self
from uuid import UUID

from pydantic import ConfigDict, Field, StrictBool

from services.api.schemas.base import Document, Request
from services.api.schemas.fields import Instant, Line, Url
from shared.domain.webhook import DisabledReason, Event


class WebhookRequest(Request):
    """The whole endpoint, after a patch was merged into it."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"url": "https://example.com/jinwi", "events": ["job.done", "job.failed", "job.dead"]}]
        }
    )

    url: Url = Field(description="Where events are posted: the same rule as for `callback_url`.")
    events: list[Event] | None = Field(None, min_length=1, description="Which events; null: all, later ones too.")
    description: Line | None = Field(None, description="Your own words for it.")
    enabled: StrictBool = Field(default=True, description="While false, events are held and not sent.")


class RecoverRequest(Request):
    model_config = ConfigDict(json_schema_extra={"examples": [{"since": "2026-11-21T00:00:00Z"}]})

    since: Instant = Field(description="ISO 8601 with a zone: what was announced then or later.")


class WebhookDocument(Document):
    id: UUID
    url: str
    events: list[Event] | None = Field(description="null: all.")
    description: str | None
    enabled: bool
    disabled_reason: DisabledReason | None = Field(
        description="`gone`: the receiver answered 410; `failing`: it only failed for days; `requested`: by a patch."
    )
    disabled_at: datetime | None
    failing_since: datetime | None = Field(description="Its first failure after which nothing was delivered.")
    previous_secret_until: datetime | None = Field(description="Until then the replaced secret signs as well.")
    created_at: datetime

    @classmethod
    def of(cls, row: Mapping[str, Any], **further: Any) -> Self:
        """Of a row of the table; `further` are members that the row has not."""
        names = cls.model_fields.keys() - {"enabled", "secret"}
        return cls(**{name: row[name] for name in names}, enabled=row["disabled_at"] is None, **further)


class NewWebhookDocument(WebhookDocument):
    secret: str = Field(description="Signs what is sent there. Shown this once.", examples=["whsec_…"])


class WebhookList(Document):
    webhooks: list[WebhookDocument]


class Recovered(Document):
    recovered: int = Field(ge=0, description="How many deliveries are due again.")
