"""What answers say: the models of the OpenAPI document, and of the answers that are made of rows."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from services.api.errors import MEDIA_TYPE, PROBLEMS, type_of
from shared.domain.audit import Action
from shared.domain.domains import Domain
from shared.domain.job import Lane, State
from shared.domain.lifecycle import VersionState
from shared.domain.provenance import Claim, Kind, Strength
from shared.domain.review import Item, Label, ReviewState, Tick
from shared.domain.tenant import Scope
from shared.domain.verdict import ADVISORY, Basis, Verdict

PROBLEM_SCHEMA = "#/components/schemas/ProblemDocument"

_JOB_ID = "019a0b8e-6f5c-7c3e-9f52-3d6c4f1f2a10"
EXAMPLE_JOB = {
    "id": _JOB_ID,
    "state": "done",
    "lane": "interactive",
    "external_id": "post-17",
    "metadata": {"author": "u-123"},
    "url": None,
    "image": {"sha256": "9f86d081884c7d65…", "format": "jpeg", "width": 4032, "height": 3024},
    "allow_training": False,
    "result": {
        "ai_probability": 0.51,
        "human_probability": 0.49,
        "verdict": "uncertain",
        "basis": "model",
        "thresholds": {"likely_human": 0.2, "likely_ai": 0.8},
        "model": {"version": "1.3.0", "sha256": "2c26b46b68ffc68f…"},
        "reasons": [],
        "policy_version": 1,
        "evidence": {
            "map": f"/v1/jobs/{_JOB_ID}/map.png",
            "provenance": [
                {
                    "kind": "exif",
                    "claim": "camera",
                    "strength": "unsigned",
                    "where": "JPEG APP1, EXIF",
                    "details": {"make": "Nikon", "model": "Z 6", "consistency": "incomplete"},
                }
            ],
            "provenance_complete": True,
            "domain": {
                "name": "illustration",
                "probability": 0.81,
                "familiar": True,
                "record": {"images": 140, "owners": 12, "called_ai": 8, "rate": 0.0571, "interval": [0.0293, 0.1086]},
                "cap": 0.1,
            },
            "similar": f"/v1/jobs/{_JOB_ID}/similar",
            "stability": {},
        },
        "advisory": ADVISORY,
    },
    "reviewed": {"state": "none", "verdict_by_person": None, "votes": {"human": 0, "ai": 0, "unsure": 0}},
    "error": None,
    "created_at": "2026-11-21T09:26:00.120000+00:00",
    "finished_at": "2026-11-21T09:26:00.160000+00:00",
    "timings_ms": {"decode": 11.2, "score": 3.4},
    "links": {"self": f"/v1/jobs/{_JOB_ID}", "review": f"/v1/jobs/{_JOB_ID}/review"},
}


class Document(BaseModel):
    model_config = ConfigDict(extra="forbid")


class ProblemDocument(BaseModel):
    """RFC 9457. `errors` names each wrong field, `part` what is away."""

    model_config = ConfigDict(extra="allow")

    type: str
    title: str
    status: int
    detail: str


class ImageDocument(Document):
    sha256: str
    format: str
    width: int | None = Field(
        description="Pixels: as stored until the picture is decoded, then as it is shown; null until known."
    )
    height: int | None


class ThresholdsDocument(Document):
    likely_human: float
    likely_ai: float


class ScoringModelDocument(Document):
    version: str
    sha256: str


class ReasonDocument(Document):
    code: str
    detail: str


class FindingDocument(Document):
    """One thing that the file says of its own origin."""

    kind: Kind = Field(description="Where it comes from.")
    claim: Claim = Field(description="`edited`: software made or changed the picture; nothing is said of AI.")
    strength: Strength = Field(
        description="`signed_trusted`: by a signer on the installation's trust list. `signed`: by anyone with a key. "
        "`unsigned`: anyone can write this."
    )
    where: str = Field(description="Where in the file it stands.")
    details: dict[str, Any] = Field(description="Cleaned and shortened; which members there are depends on `kind`.")


class StabilityViewDocument(BaseModel):
    name: str = Field(examples=["jpeg-70"])
    ai_probability: float = Field(ge=0, le=1)
    verdict: Verdict


class StabilityDocument(BaseModel):
    """The image scored again in the forms in which the web gives it back. It decides nothing."""

    n: int
    low: float = Field(ge=0, le=1, description="The lowest probability, the image's own among them.")
    high: float = Field(ge=0, le=1)
    spread: float = Field(ge=0, le=1)
    flips: int = Field(description="How many of the forms have another verdict than the image.")
    views: list[StabilityViewDocument]


class RecordDocument(BaseModel):
    """Of pictures by people that the model took for this kind, from owners of whom it had not learnt."""

    images: int = Field(ge=0, description="Under 30, neither verdict is given.")
    owners: int = Field(ge=0, description="From how many different owners they are.")
    called_ai: int = Field(ge=0, description="How many were likely AI at the thresholds of this result.")
    rate: float = Field(ge=0, le=1)
    interval: list[float] = Field(min_length=2, max_length=2, description="95 %, from low to high.")


class DomainDocument(BaseModel):
    """What kind of picture the model takes it for, which can be wrong, and the model's record with such pictures."""

    model_config = ConfigDict(extra="allow")

    name: Domain = Field(description="`other`: none of these, or no telling which.")
    probability: float = Field(ge=0, le=1, description="How sure the head is; not calibrated.")
    familiar: bool = Field(description="false: unlike anything that the model was measured on.")
    record: RecordDocument
    cap: float = Field(ge=0, le=1, description="The policy's `domain_cap`: above this rate no verdict is likely AI.")


class EvidenceDocument(BaseModel):
    """What else speaks, beside the probabilities and never mixed into them."""

    model_config = ConfigDict(extra="allow")

    map: str | None = Field(None, description="Where the map's PNG is read; null where the model draws none.")
    provenance: list[FindingDocument] = Field(
        [], description="What the file says of its own origin. That there is nothing says nothing."
    )
    provenance_complete: bool | None = Field(
        None, description="false: a limit or a damaged part ended the reading; null: a result from before it was read."
    )
    domain: DomainDocument | None = Field(
        None, description="null: the model says nothing of kinds, or a result from before."
    )
    similar: str | None = Field(
        None, description="Where other jobs that show the same picture are read; null: a result from before."
    )
    stability: StabilityDocument | dict[str, Any] = Field(
        {}, description="Empty unless the evidence asked for is full, and where there was no time for it."
    )


class ResultDocument(BaseModel):
    """`ai_probability` + `human_probability` = 1, both calibrated. Evidence for a person, never a decision."""

    model_config = ConfigDict(extra="allow")

    ai_probability: float = Field(ge=0, le=1)
    human_probability: float = Field(ge=0, le=1)
    verdict: Verdict
    basis: Basis = Field(
        Basis.MODEL,
        description="What the verdict rests on: `provenance` where the tenant's policy is `decide` and a signed and "
        "trusted statement in the file sets it. The probabilities are the model's either way.",
    )
    thresholds: ThresholdsDocument
    model: ScoringModelDocument
    reasons: list[ReasonDocument] = Field(description="Why the verdict is `uncertain` whatever the number says.")
    policy_version: int
    evidence: EvidenceDocument
    advisory: str


class VotesDocument(Document):
    """How many reviewers say what, each with the newest label, since the last decision on an appeal."""

    human: int
    ai: int
    unsure: int


class ReviewedDocument(Document):
    """Where the verdict stands with people. The model's verdict and probabilities stay as they were."""

    state: ReviewState = Field(
        description="`disputed`: as many say human as say AI, so a further reviewer is asked. `decided`: people "
        "decided what the model left open."
    )
    verdict_by_person: Literal["human", "ai"] | None = Field(description="Where set, it holds for the tenant.")
    votes: VotesDocument


class ErrorDocument(Document):
    reason: str = Field(description="One word for programs, such as `undecodable`.")
    detail: str = Field(description="A sentence for the person who sent the image.")


class JobDocument(Document):
    id: UUID
    state: State
    lane: Lane
    external_id: str | None
    metadata: dict[str, Any]
    url: str | None
    image: ImageDocument | None = Field(description="null while a link's bytes are not here yet, and once erased.")
    allow_training: bool
    result: ResultDocument | None = Field(description="Set when `done`.")
    reviewed: ReviewedDocument
    error: ErrorDocument | None = Field(description="Set when `failed` or `dead`.")
    created_at: datetime
    finished_at: datetime | None
    timings_ms: dict[str, float]
    links: dict[str, str]


class JobList(Document):
    jobs: list[JobDocument]
    next_cursor: str | None = Field(description="null on the last page.")


class ReviewDocument(Document):
    id: UUID
    job_id: UUID
    label: Label
    reason: str
    reviewer: str
    checklist: dict[Item, Tick]
    appeal_id: UUID | None = Field(description="The appeal that it decided, if any.")
    created_at: datetime


class ReviewList(Document):
    reviews: list[ReviewDocument]


class TenantDocument(Document):
    """A limit that is null is the installation's; 0 is none."""

    id: UUID
    name: str
    created_at: datetime
    submissions_per_minute: int | None
    requests_per_minute: int | None
    submissions_per_day: int | None


class NewTenantDocument(TenantDocument):
    webhook_secret: str = Field(description="Signs this tenant's webhooks. Shown this once.", examples=["whsec_…"])


class TenantList(Document):
    tenants: list[TenantDocument]


class KeyDocument(Document):
    id: UUID
    tenant_id: UUID
    name: str
    scopes: list[Scope]
    created_at: datetime
    last_used_at: datetime | None = Field(description="Up to a minute late; null until it is used.")
    revoked_at: datetime | None


class NewKeyDocument(KeyDocument):
    key: str = Field(description="The key itself. Shown this once; only its hash is kept.", examples=["jinwi_…"])


class KeyList(Document):
    keys: list[KeyDocument]


class PolicyDocument(Document):
    version: int
    thresholds: ThresholdsDocument | None
    model: str | None
    evidence: Literal["basic", "likely_ai", "full"]
    provenance: Literal["report", "decide"]
    domain_cap: float
    allow_training: bool
    retention_days: int | None


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


class LaneDocument(Document):
    lane: Lane
    paused: bool


class LaneList(Document):
    lanes: list[LaneDocument]


class ActDocument(Document):
    """What an administrator did."""

    id: UUID
    at: datetime
    key_id: UUID | None = Field(description="The key that it was done with; null: the system itself did it.")
    tenant_id: UUID | None = Field(description="Whom it was done for; null where it holds for all.")
    action: Action
    subject: str = Field(description="What it was done to: an id, a version or a lane.")
    details: dict[str, Any]


class ActList(Document):
    acts: list[ActDocument]
    next_cursor: str | None = Field(description="null on the last page.")


class Readiness(Document):
    status: Literal["ok", "degraded", "unavailable"]
    parts: dict[str, str] = Field(
        description="For each part `ok`, or a sentence.",
        examples=[{"postgres": "ok", "objects": "ok", "redis": "ok", "model": "ok"}],
    )


_RETRY_AFTER = {"Retry-After": {"description": "Seconds after which to try again.", "schema": {"type": "integer"}}}
_HEADERS: dict[int, dict[str, Any]] = {
    429: {
        **_RETRY_AFTER,
        "RateLimit-Policy": {
            "description": "What holds for the tenant: q requests in w seconds. On every answer that is counted.",
            "schema": {"type": "string", "examples": ['"requests";q=12000;w=60']},
        },
        "RateLimit": {
            "description": "What is left of it: r requests, for t seconds. On every answer that is counted.",
            "schema": {"type": "string", "examples": ['"requests";r=11999;t=42']},
        },
    },
    503: _RETRY_AFTER,
}


def problems(*kinds: str) -> dict[int | str, dict[str, Any]]:
    """The `responses` of a route that may answer with these problems, each with an example."""
    examples: dict[int, dict[str, Any]] = {}
    for kind in kinds:
        status, title = PROBLEMS[kind]
        value = {"type": type_of(kind), "title": title, "status": status, "detail": "…"}
        examples.setdefault(status, {})[kind] = {"value": value}
    return {
        status: {
            "description": " or ".join(example["value"]["title"] for example in same.values()),
            "content": {MEDIA_TYPE: {"schema": {"$ref": PROBLEM_SCHEMA}, "examples": same}},
            **({"headers": _HEADERS[status]} if status in _HEADERS else {}),
        }
        for status, same in examples.items()
    }
