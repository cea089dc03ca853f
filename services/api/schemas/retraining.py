"""Retraining runs: what may be asked for, and how a run stands."""

from datetime import datetime
from typing import Any, Self
from uuid import UUID

from pydantic import ConfigDict, Field

from services.api.schemas.base import Document, Request
from services.api.schemas.fields import Count, Cursor, Seed
from shared.domain.retraining import Mode, Run, RunFailure, RunOutcome, RunStage, RunState

EXAMPLE = {"mode": "head", "min_samples": 200}


class RetrainingRequest(Request):
    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})

    mode: Mode | None = Field(
        None, description="`head`: the last layer; `full`: the whole network; `mixed`: both in turn. null: the setting."
    )
    min_samples: Count | None = Field(
        None, description="New samples below which nothing is trained, and that is the outcome. null: the setting."
    )
    seed: Seed = Field(0, description="The same seed and samples give the same weights.")


class RunQuery(Request):
    limit: int = Field(50, ge=1, le=200, description="Most runs in one answer.")
    cursor: Cursor | None = Field(None, description="`next_cursor` of the page before.")


class ProgressDocument(Document):
    stage: RunStage
    done: int = Field(description="Steps done of the stage; of a training: epochs.")
    total: int = Field(description="0 while it is not known.")
    loss: float | None = Field(description="Of the last step of a training.")
    eta_seconds: float | None = Field(description="Until the end of the stage.")


class HarvestDocument(Document):
    """`considered` = `admitted` + the sum of `refused`."""

    considered: int
    admitted: int
    refused: dict[str, int] = Field(description="By reason.")


class RunDocument(Document):
    id: UUID
    state: RunState
    stage: RunStage | None = Field(description="Where it is, or where it ended; null until it begins.")
    mode: Mode
    min_samples: int
    seed: int
    scheduled: bool = Field(description="false: a key asked for it; the audit log says which.")
    champion: str | None = Field(description="What was champion when it began, and what it is measured against.")
    waits_for: UUID | None = Field(description="The run that a queued one waits for.")
    progress: ProgressDocument | None = Field(description="Set while it runs; a second old at most.")
    harvest: HarvestDocument | None = Field(description="What was looked at; null until that is done.")
    snapshot: dict[str, Any] | None = Field(description="What is trained with: its id and counts.")
    outcome: RunOutcome | None = Field(description="Set when `finished`; each is normal.")
    detail: str | None = Field(description="The outcome in words: what is missing, or which rules failed.")
    judgement: dict[str, Any] | None = Field(description="The gate's `rulings`, each with its numbers.")
    version: str | None = Field(description="The version that was published.")
    failure_reason: RunFailure | None = Field(description="Why it `failed`; null where an older version ended it.")
    failure: str | None = Field(description="The same in words, in one line; the retrainer's log has more.")
    attempts: int = Field(description="How often its present stage was begun and came no further.")
    cancel_requested: bool
    created_at: datetime
    started_at: datetime | None
    heartbeat_at: datetime | None = Field(description="When its retrainer was last heard of.")
    finished_at: datetime | None

    @classmethod
    def of(cls, run: Run) -> Self:
        names = cls.model_fields.keys() - {"scheduled"}
        return cls(**{name: getattr(run, name) for name in names}, scheduled=run.requested_by is None)


class RunList(Document):
    runs: list[RunDocument]
    next_cursor: str | None = Field(description="null on the last page.")
