"""A job: one image to verify, from submission to its final state."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from shared.domain import review
from shared.domain.embedding import EmbeddingCode
from shared.domain.evidence import EvidenceMap
from shared.domain.review import Opinion
from shared.domain.verdict import ADVISORY
from shared.errors import IllegalTransition


class State(StrEnum):
    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    DEAD = "dead"
    ERASED = "erased"


class Stage(StrEnum):
    """What a queued job waits for: its bytes, or its score."""

    FETCH = "fetch"
    SCORE = "score"


class Lane(StrEnum):
    INTERACTIVE = "interactive"
    BULK = "bulk"


FINAL = frozenset({State.DONE, State.FAILED, State.DEAD, State.ERASED})

# The database holds the same table (migration 0001, `refuse_illegal_transition`); a contract test compares.
TRANSITIONS: Mapping[State, frozenset[State]] = {
    State.QUEUED: frozenset({State.RUNNING, State.ERASED}),
    State.RUNNING: frozenset({State.QUEUED, State.DONE, State.FAILED, State.DEAD, State.ERASED}),
    State.DONE: frozenset({State.ERASED}),
    State.FAILED: frozenset({State.ERASED}),
    State.DEAD: frozenset({State.ERASED}),
    State.ERASED: frozenset(),
}

# Why a job ended without a score, in words for the person who sent it.
REASONS: Mapping[str, str] = {
    "undecodable": "The file is damaged or cut off, so its picture cannot be read.",
    "unsupported_format": "The file is not a JPEG, PNG, WebP, GIF, AVIF or HEIC image.",
    "too_many_pixels": "The picture has more pixels than this installation accepts.",
    "too_large": "The file is larger than this installation accepts.",
    "not_an_image": "The link does not lead to an image.",
    "unreachable": "The link could not be fetched.",
    "forbidden_address": "The link leads to an address that this installation does not fetch from.",
    "object_missing": "The stored image is gone, so it cannot be scored.",
    "object_damaged": "The stored image is not what was submitted.",
    "decoder_died": "Reading the picture stopped the decoder every time it was tried.",
    "crashed": "The worker stopped every time this picture was tried alone.",
    "internal": "An unexpected error happened every time this picture was tried.",
}

FAILURE_CAP = 5
"""Failures of the job's own before it is dead."""

CRASH_CAP = 3
"""Leases that ran out while the job was claimed alone, before it is dead."""

FETCH_TRIES = 3
"""Tries at one link before it is `unreachable`."""


def require_transition(before: State, after: State) -> None:
    """Raise `IllegalTransition` unless a job may go from `before` to `after`."""
    if after not in TRANSITIONS[before]:
        raise IllegalTransition(f"a job cannot go from {before} to {after}")


@dataclass(frozen=True, kw_only=True, slots=True)
class Claim:
    """A job held by a worker until its lease runs out. `fence` is the attempt that may finish it."""

    id: UUID
    tenant_id: UUID
    fence: int
    lane: Lane
    failures: int
    suspect: bool
    sha256: bytes | None
    url: str | None
    reference_index: str | None
    evidence: str
    """How much its result gathers: `basic`, `likely_ai` or `full`, as the job says, else its tenant's policy."""
    policy_version: int
    policy: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True, slots=True)
class Outcome:
    """How an attempt ended: `done` with a result and perhaps a map, or `failed`/`dead` with an error."""

    job_id: UUID
    fence: int
    state: State
    result: Mapping[str, Any] | None = None
    evidence: EvidenceMap | None = None
    error: Mapping[str, str] | None = None
    timings_ms: Mapping[str, float] = field(default_factory=dict)
    embeddings: Sequence[EmbeddingCode] = ()
    """What the picture's embedding comes to; of a reference in each of its model's spaces."""


def error_document(reason: str, detail: str | None = None) -> dict[str, str]:
    """`reason` is a key of `REASONS`; `detail` adds what is known of this one case."""
    text = REASONS[reason]
    return {"reason": reason, "detail": f"{text} {detail}" if detail else text}


def map_path(job_id: UUID) -> str:
    """Where the map of a job's result is read."""
    return f"/v1/jobs/{job_id}/map.png"


def similar_path(job_id: UUID) -> str:
    """Where the jobs are read that show the same picture."""
    return f"/v1/jobs/{job_id}/similar"


@dataclass(frozen=True, kw_only=True, slots=True)
class Job:
    """One row of `jobs`, joined with what its object says of the image."""

    id: UUID
    tenant_id: UUID
    state: State
    stage: Stage
    lane: Lane
    url: str | None
    sha256: bytes | None
    image_format: str | None
    image_width: int | None
    image_height: int | None
    external_id: str | None
    metadata: Mapping[str, Any]
    callback_url: str | None
    allow_training: bool
    attempt: int
    result: Mapping[str, Any] | None
    error: Mapping[str, str] | None
    timings_ms: Mapping[str, float]
    created_at: datetime
    finished_at: datetime | None
    opinion: Opinion | None = None
    """What the reviews come to."""

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> "Job":
        """Build from a row that holds every field by name (further columns are ignored)."""
        values = {name: row[name] for name in cls.__dataclass_fields__}
        values |= {"state": State(row["state"]), "stage": Stage(row["stage"]), "lane": Lane(row["lane"])}
        values["opinion"] = Opinion.from_row(row["opinion"]) if row["opinion"] else None
        return cls(**values)

    @property
    def verdict(self) -> str | None:
        """The model's, which no review changes."""
        return self.result.get("verdict") if self.result else None

    @property
    def holding(self) -> str | None:
        """The verdict that holds for the tenant: people's where they have one, else the model's."""
        return review.holding(self.verdict, self.opinion)

    def document(self) -> dict[str, Any]:
        """The job as users see it: API answer, webhook data and command line share it (DESIGN section 4)."""
        path = f"/v1/jobs/{self.id}"
        image = None
        if self.sha256 is not None:
            image = {
                "sha256": self.sha256.hex(),
                "format": self.image_format,
                "width": self.image_width,
                "height": self.image_height,
            }
        return {
            "id": str(self.id),
            "state": self.state.value,
            "lane": self.lane.value,
            "external_id": self.external_id,
            "metadata": dict(self.metadata),
            "url": self.url,
            "image": image,
            "allow_training": self.allow_training,
            "result": {**self.result, "advisory": ADVISORY} if self.result else None,
            "reviewed": review.document(self.verdict, self.opinion),
            "error": dict(self.error) if self.error else None,
            "created_at": self.created_at.isoformat(),
            "finished_at": self.finished_at.isoformat() if self.finished_at else None,
            "timings_ms": dict(self.timings_ms),
            "links": {"self": path, "review": f"{path}/review"},
        }
