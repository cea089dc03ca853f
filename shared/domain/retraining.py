"""The words of the retraining loop, as the API, the command line and the retrainer say them."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any


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
    """How far a run is within its stage: `done` of `total` steps (epochs of a training)."""

    stage: RunStage
    done: int = 0
    total: int = 0
    loss: float | None = None
    eta_seconds: float | None = None

    def document(self) -> dict[str, Any]:
        return asdict(self)


Report = Callable[[Progress], None]
"""Whom a long step tells how far it is; may raise to stop it."""
