"""What the server says of retraining runs, typed. Every document keeps its raw JSON in `document`."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Self


class Mode(StrEnum):
    HEAD = "head"
    FULL = "full"
    MIXED = "mixed"


class RunState(StrEnum):
    QUEUED = "queued"
    RUNNING = "running"
    FINISHED = "finished"
    FAILED = "failed"
    CANCELLED = "cancelled"


class RunStage(StrEnum):
    HARVEST = "harvest"
    SNAPSHOT = "snapshot"
    TRAIN = "train"
    EVALUATE = "evaluate"
    GATE = "gate"
    PUBLISH = "publish"


class RunOutcome(StrEnum):
    PUBLISHED = "published"
    REFUSED = "refused"
    NOT_ENOUGH_SAMPLES = "not_enough_samples"


class RunFailure(StrEnum):
    """Why a run failed, as far as it can be told."""

    STOPPED = "stopped"
    NO_MEMORY = "no_memory"
    DISK_FULL = "disk_full"
    CONFIGURATION = "configuration"
    VERSION_REFUSED = "version_refused"
    VERSION_TAKEN = "version_taken"
    FAULT = "fault"


FINAL = frozenset({RunState.FINISHED, RunState.FAILED, RunState.CANCELLED})


@dataclass(frozen=True, kw_only=True, slots=True)
class RunProgress:
    """`done` of `total` steps of the stage, 0 while it is not known; seconds until its end."""

    stage: RunStage
    done: int
    total: int
    loss: float | None
    eta_seconds: float | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Ruling:
    """One rule of the gate: what was measured, and what it had to reach.

    `weight` is `primary`, `limit` or `notice`; a notice that is not passed refuses nothing.
    """

    name: str
    passed: bool
    weight: str
    value: float | None
    limit: float | None
    detail: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Run:
    """One retraining run. `outcome` once it is finished, `failure` once it failed, `version` once it published one."""

    id: str
    state: RunState
    stage: RunStage | None
    mode: Mode
    min_samples: int
    waits_for: str | None
    progress: RunProgress | None
    harvest: Mapping[str, Any] | None
    outcome: RunOutcome | None
    detail: str | None
    rulings: tuple[Ruling, ...]
    version: str | None
    failure_reason: RunFailure | None
    failure: str | None
    created_at: datetime
    document: Mapping[str, Any] = field(repr=False)

    @property
    def final(self) -> bool:
        return self.state in FINAL

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> Self:
        stage, outcome, said = document["stage"], document["outcome"], document["progress"]
        reason = document["failure_reason"]
        return cls(
            id=document["id"],
            state=RunState(document["state"]),
            stage=RunStage(stage) if stage else None,
            mode=Mode(document["mode"]),
            min_samples=document["min_samples"],
            waits_for=document["waits_for"],
            progress=RunProgress(**{**said, "stage": RunStage(said["stage"])}) if said else None,
            harvest=document["harvest"],
            outcome=RunOutcome(outcome) if outcome else None,
            detail=document["detail"],
            rulings=_rulings(document["judgement"]),
            version=document["version"],
            failure_reason=RunFailure(reason) if reason else None,
            failure=document["failure"],
            created_at=datetime.fromisoformat(document["created_at"]),
            document=document,
        )


def _rulings(judgement: Mapping[str, Any] | None) -> tuple[Ruling, ...]:
    names = ("name", "passed", "weight", "value", "limit", "detail")
    return tuple(Ruling(**{name: each[name] for name in names}) for each in (judgement or {}).get("rulings", ()))
