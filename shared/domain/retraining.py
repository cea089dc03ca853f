"""The words of the retraining loop, as the API, the command line and the retrainer say them."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID


class Mode(StrEnum):
    """What is trained anew: the last layer alone, the whole network from the champion's weights, or both in turn."""

    HEAD = "head"
    FULL = "full"
    MIXED = "mixed"


class RunState(StrEnum):
    QUEUED = "queued"
    RUNNING = "running"
    FINISHED = "finished"
    FAILED = "failed"
    CANCELLED = "cancelled"


# The database holds the same table (migration 0006, `is_legal_run_transition`); a contract test compares.
TRANSITIONS: Mapping[RunState, frozenset[RunState]] = {
    RunState.QUEUED: frozenset({RunState.RUNNING, RunState.CANCELLED}),
    RunState.RUNNING: frozenset({RunState.QUEUED, RunState.FINISHED, RunState.FAILED, RunState.CANCELLED}),
    RunState.FINISHED: frozenset(),
    RunState.FAILED: frozenset(),
    RunState.CANCELLED: frozenset(),
}

ATTEMPTS = 3
"""How often a stage is begun, and comes no further than before, until its run fails."""


class RunStage(StrEnum):
    """Where a running run is; in this order."""

    HARVEST = "harvest"
    SNAPSHOT = "snapshot"
    TRAIN = "train"
    EVALUATE = "evaluate"
    GATE = "gate"
    PUBLISH = "publish"


class RunOutcome(StrEnum):
    """How a finished run ended; each is normal."""

    PUBLISHED = "published"
    REFUSED = "refused"
    NOT_ENOUGH_SAMPLES = "not_enough_samples"


class RunFailure(StrEnum):
    """Why a run failed, as far as it can be told; the run's `failure` has the words of it."""

    STOPPED = "stopped"
    """Its process ended ATTEMPTS times in one stage, without a word, and came no further."""

    NO_MEMORY = "no_memory"
    DISK_FULL = "disk_full"
    CONFIGURATION = "configuration"
    """Something must be set up, or a version promoted, first."""

    VERSION_REFUSED = "version_refused"
    """The champion, or the candidate, is not whole, or nobody who is trusted vouches for it."""

    VERSION_TAKEN = "version_taken"
    FAULT = "fault"
    """Any other: the retrainer's log has the trace."""


class Rule(StrEnum):
    """How a confident score becomes a label: by posterior and second signal, or as it stands."""

    CORROBORATED = "corroborated"
    CONFIDENT = "confident"


class Refusal(StrEnum):
    """Why a considered sample was not admitted."""

    NOT_CONFIDENT = "not_confident"
    NO_SECOND_SIGNAL = "no_second_signal"
    LOW_POSTERIOR = "low_posterior"
    UNSTABLE = "unstable"
    NEAR_GOLD = "near_gold"
    NEAR_GUARD = "near_guard"
    NEAR_HARVEST = "near_harvest"
    TENANT_QUOTA = "tenant_quota"
    DAY_QUOTA = "day_quota"
    CLUSTER_QUOTA = "cluster_quota"
    QUARANTINE = "quarantine"
    OUTLIER = "outlier"
    CONTRADICTED = "contradicted"
    UNREADABLE = "unreadable"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, kw_only=True, slots=True)
class Harvest:
    """What a run looked at: `considered` = `admitted` + the sum of `refused`."""

    considered: int = 0
    admitted: int = 0
    refused: Mapping[Refusal, int] | None = None

    def __post_init__(self) -> None:
        if self.considered != self.admitted + sum((self.refused or {}).values()):
            raise ValueError(f"a harvest's counts must add up, got {self}")

    def document(self) -> dict[str, Any]:
        refused = {reason.value: count for reason, count in sorted((self.refused or {}).items())}
        return {"considered": self.considered, "admitted": self.admitted, "refused": refused}


@dataclass(frozen=True, kw_only=True, slots=True)
class Progress:
    """How far a run is within its stage: `done` of `total` steps (epochs of a training).

    What is `done` is kept: whoever begins the stage again goes on from there.
    """

    stage: RunStage
    done: int = 0
    total: int = 0
    loss: float | None = None
    eta_seconds: float | None = None

    def document(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True, kw_only=True, slots=True)
class Run:
    """One row of `retraining_runs`. What each stage gave stands under the name of what it makes, None until then."""

    id: UUID
    state: RunState
    stage: RunStage | None
    mode: Mode
    min_samples: int
    seed: int
    requested_by: UUID | None
    champion: str | None
    progress: Mapping[str, Any] | None
    harvest: Mapping[str, Any] | None
    snapshot: Mapping[str, Any] | None
    candidate: Mapping[str, Any] | None
    evaluation: Mapping[str, Any] | None
    judgement: Mapping[str, Any] | None
    version: str | None
    outcome: RunOutcome | None
    detail: str | None
    failure_reason: RunFailure | None
    failure: str | None
    attempts: int
    fence: int
    cancel_requested: bool
    waits_for: UUID | None
    created_at: datetime
    started_at: datetime | None
    heartbeat_at: datetime | None
    finished_at: datetime | None

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> "Run":
        """Build from a row that holds every field by name (further columns are ignored)."""
        values = {name: row[name] for name in cls.__dataclass_fields__}
        values |= {
            "state": RunState(row["state"]),
            "mode": Mode(row["mode"]),
            "stage": RunStage(row["stage"]) if row["stage"] else None,
            "outcome": RunOutcome(row["outcome"]) if row["outcome"] else None,
            "failure_reason": RunFailure(row["failure_reason"]) if row["failure_reason"] else None,
        }
        return cls(**values)


Report = Callable[[Progress], None]
"""Whom a long step tells how far it is; may raise to stop it."""
