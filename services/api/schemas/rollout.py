"""A version's way into service."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import Body
from pydantic import Field

from services.api.schemas.base import Document, Request
from services.api.schemas.fields import Prose
from shared.domain.lifecycle import VersionState
from shared.domain.verdict import Verdict


class ReasonRequest(Request):
    why: Prose | None = Field(None, description="Kept in the audit log.")


# May be left out, as the body of a promotion.
Reason = Annotated[ReasonRequest | None, Body(examples=[{"why": "A fair week: nothing changes until Monday."}])]


class FreezeDocument(Document):
    frozen: bool
    since: datetime
    why: str | None


class ChangeDocument(Document):
    before: Verdict
    after: Verdict
    n: int


class OfBothDocument(Document):
    champion: float | None
    challenger: float | None


class OverturnedDocument(Document):
    reviewed: int
    overturned: int


class OverturnedByDocument(Document):
    champion: OverturnedDocument
    challenger: OverturnedDocument


class ComparisonDocument(Document):
    """Challenger beside champion on the same pictures; shares are null where nothing was compared."""

    n: int = Field(description="Pictures that both scored, each counted once however often it was sent.")
    tenants: int
    errors: int = Field(description="Pictures that the challenger could not score.")
    agreement: float | None = Field(description="Share with the same verdict.")
    changed: float | None
    human_to_ai: float | None = Field(description="Share that goes from `likely_human` to `likely_ai`.")
    changes: list[ChangeDocument] = Field(description="Changed verdicts by direction.")
    psi: float | None = Field(description="Population stability index of its scores against the champion's.")
    uncertain: OfBothDocument
    overturned: OverturnedByDocument = Field(description="Of verdicts given during a canary; else zeros.")


class MoveDocument(Document):
    id: UUID
    at: datetime
    before: VersionState
    after: VersionState
    key_id: UUID | None = Field(description="null: by itself.")
    why: str
    numbers: dict[str, Any] = Field(description="The comparison that it was decided on; empty where a person decided.")
    run_id: UUID | None


class RolloutDocument(Document):
    version: str
    state: VersionState
    since: datetime
    automatic: bool = Field(description="Whether it goes on to canary and champion by itself.")
    frozen: bool
    shadow: ComparisonDocument
    canary: ComparisonDocument
    moves: list[MoveDocument] = Field(description="The latest hundred, newest first.")
