"""What the server says of jobs, typed. Every document keeps its raw JSON in `document`."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Self

from jinwi.results.evidence import Basis, DomainView, Finding, Stability
from jinwi.results.reviews import Reviewed


class State(StrEnum):
    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    DEAD = "dead"
    ERASED = "erased"


FINAL = frozenset({State.DONE, State.FAILED, State.DEAD, State.ERASED})


class Lane(StrEnum):
    INTERACTIVE = "interactive"
    BULK = "bulk"


class Verdict(StrEnum):
    LIKELY_HUMAN = "likely_human"
    UNCERTAIN = "uncertain"
    LIKELY_AI = "likely_ai"


@dataclass(frozen=True, kw_only=True, slots=True)
class Thresholds:
    """A probability ≤ `likely_human` is likely human, one ≥ `likely_ai` likely AI; both in [0, 1]."""

    likely_human: float
    likely_ai: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Reason:
    """Why a verdict is uncertain although the probability alone would say more."""

    code: str
    detail: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Result:
    """A calibrated answer: `ai_probability` + `human_probability` = 1. Evidence for a person who decides."""

    ai_probability: float
    human_probability: float
    verdict: Verdict
    basis: Basis
    thresholds: Thresholds
    reasons: tuple[Reason, ...]
    model_version: str
    map: str | None
    """Path of the map of evidence, which `map_png` of a client reads; None where the model drew none."""
    provenance: tuple[Finding, ...]
    """What the file says of its own origin; that there is nothing says nothing."""
    provenance_complete: bool | None
    """False where a limit or a damaged part ended the reading; None in a result from before it was read."""
    domain: DomainView | None
    """None where the model says nothing of kinds, and in a result from before."""
    stability: Stability | None
    """None unless full evidence was asked for, or where there was no time for it."""

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> Self:
        thresholds, evidence = document["thresholds"], document["evidence"]
        return cls(
            ai_probability=document["ai_probability"],
            human_probability=document["human_probability"],
            verdict=Verdict(document["verdict"]),
            basis=Basis(document.get("basis", Basis.MODEL)),
            thresholds=Thresholds(likely_human=thresholds["likely_human"], likely_ai=thresholds["likely_ai"]),
            reasons=tuple(Reason(code=each["code"], detail=each["detail"]) for each in document["reasons"]),
            model_version=document["model"]["version"],
            map=evidence.get("map"),
            provenance=tuple(Finding.from_document(each) for each in evidence.get("provenance", ())),
            provenance_complete=evidence.get("provenance_complete"),
            domain=DomainView.from_document(evidence["domain"]) if evidence.get("domain") else None,
            stability=Stability.from_document(evidence["stability"]) if evidence.get("stability") else None,
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Failure:
    """Why a job `failed` or is `dead`: one word for programs, a sentence for people."""

    reason: str
    detail: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Job:
    """One image to verify. `result` is set when `done`, `error` when `failed` or `dead`."""

    id: str
    state: State
    lane: Lane
    external_id: str | None
    metadata: Mapping[str, Any]
    url: str | None
    result: Result | None
    reviewed: Reviewed | None
    """None from a server that does not say."""
    error: Failure | None
    created_at: datetime
    finished_at: datetime | None
    document: Mapping[str, Any]

    @property
    def final(self) -> bool:
        return self.state in FINAL

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> Self:
        """Read a job document; raises KeyError, TypeError or ValueError when it is none."""
        result, error, finished_at = document["result"], document["error"], document["finished_at"]
        return cls(
            id=document["id"],
            state=State(document["state"]),
            lane=Lane(document["lane"]),
            external_id=document["external_id"],
            metadata=document["metadata"],
            url=document["url"],
            result=Result.from_document(result) if result else None,
            reviewed=Reviewed.from_document(document["reviewed"]) if document.get("reviewed") else None,
            error=Failure(reason=error["reason"], detail=error["detail"]) if error else None,
            created_at=datetime.fromisoformat(document["created_at"]),
            finished_at=datetime.fromisoformat(finished_at) if finished_at else None,
            document=document,
        )
