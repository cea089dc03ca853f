"""What requests about webhooks may say. Answers stand in `webhook_documents.py`."""

from uuid import UUID

from pydantic import ConfigDict, Field, StrictBool

from services.api.schemas import Cursor, Instant, Line, Request, Url
from shared.domain.webhook import DeliveryState, Event


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


class DeliveryQuery(Request):
    limit: int = Field(50, ge=1, le=200, description="Most deliveries in one answer.")
    cursor: Cursor | None = Field(None, description="`next_cursor` of the page before.")
    state: DeliveryState | None = None
    event: Event | None = None
    job_id: UUID | None = Field(None, description="Of this job.")
