"""Deliveries to webhooks and their attempts."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Self
from uuid import UUID

from pydantic import Field

from services.api.schemas.base import Document, Request
from services.api.schemas.fields import Cursor
from shared.domain.webhook import DeliveryState, Event, message_id


class DeliveryQuery(Request):
    limit: int = Field(50, ge=1, le=200, description="Most deliveries in one answer.")
    cursor: Cursor | None = Field(None, description="`next_cursor` of the page before.")
    state: DeliveryState | None = None
    event: Event | None = None
    job_id: UUID | None = Field(None, description="Of this job.")


class DeliveryDocument(Document):
    id: UUID
    message_id: str = Field(description="The header `webhook-id`, the same at every attempt.")
    endpoint_id: UUID | None = Field(description="null: the job's `callback_url`.")
    job_id: UUID | None = Field(description="null for an event about no job.")
    event: Event
    url: str = Field(description="Where the last attempt went. Empty for the callback of an erased job.")
    state: DeliveryState
    attempts: int = Field(ge=0, description="Attempts that were begun.")
    next_attempt_at: datetime | None = Field(description="Set while `pending`.")
    created_at: datetime

    @classmethod
    def of(cls, row: Mapping[str, Any], **further: Any) -> Self:
        names = DeliveryDocument.model_fields.keys() - {"message_id", "next_attempt_at"}
        return cls(
            **{name: row[name] for name in names},
            message_id=message_id(row["id"]),
            next_attempt_at=row["next_attempt_at"] if row["state"] == DeliveryState.PENDING else None,
            **further,
        )


class AttemptDocument(Document):
    attempt: int
    status: int | None = Field(description="The HTTP status; null where there was no answer.")
    response: str | None = Field(description="The beginning of what the receiver answered; null once erased.")
    error: str | None = Field(description="Why there was no answer; null once erased.")
    duration_ms: float
    created_at: datetime = Field(description="When it ended.")


class DeliveryDetail(DeliveryDocument):
    body: str | None = Field(description="The exact text that is signed and sent; null once the job is erased.")
    history: list[AttemptDocument] = Field(description="Oldest first. A number is missing where the sender died.")

    @classmethod
    def with_history(cls, row: Mapping[str, Any], attempts: Sequence[Mapping[str, Any]]) -> Self:
        return cls.of(row, body=row["body"], history=[AttemptDocument(**attempt) for attempt in attempts])


class DeliveryList(Document):
    deliveries: list[DeliveryDocument]
    next_cursor: str | None = Field(description="null on the last page.")
