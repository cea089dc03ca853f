"""What the model said of an image."""

from pydantic import BaseModel, ConfigDict, Field

from services.api.schemas.base import Document
from services.api.schemas.evidence import EvidenceDocument
from shared.domain.verdict import Basis, Verdict


class ThresholdsDocument(Document):
    likely_human: float
    likely_ai: float


class ScoringModelDocument(Document):
    version: str
    sha256: str


class ReasonDocument(Document):
    code: str
    detail: str


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
