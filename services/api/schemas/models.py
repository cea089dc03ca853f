"""Model versions."""

from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import Body
from pydantic import Field, StrictBool

from services.api.schemas.base import Document, Request
from services.api.schemas.fields import Prose
from shared.domain.lifecycle import VersionState


class PromotionRequest(Request):
    why: Prose | None = Field(None, description="Kept with the move, and told to every tenant's webhooks.")
    force: StrictBool = Field(default=False, description="Also a version that was stopped; `why` must say why.")


# A body may be left out, so that its example stands beside the schema and not within.
Promotion = Annotated[PromotionRequest | None, Body(examples=[{"why": "Two people read its report."}])]


class RemovalQuery(Request):
    why: Prose | None = Field(None, description="Kept with the move and in the audit log.")


class ModelDocument(Document):
    version: str
    name: str
    aliases: list[str]
    sha256: str
    origin: Literal["shipped", "trained", "imported"]
    signed_by: str | None = Field(
        None, description="SHA-256 of the public key (PEM) whose signature was registered with it; null: nobody's."
    )
    state: VersionState
    since: datetime = Field(description="Since when it is in this state.")
    created_at: datetime
    card: dict[str, Any]


class ModelList(Document):
    models: list[ModelDocument]
    frozen: bool = Field(description="true: no version comes into service by itself.")
