"""How a tenant is served."""

from typing import Literal

from pydantic import ConfigDict, Field, StrictBool

from services.api.schemas.base import Document, Request
from services.api.schemas.fields import Days, Probability, Version
from services.api.schemas.results import ThresholdsDocument
from shared.domain.domains import CAP


class ThresholdsRequest(Request):
    """What is null is as the card of the version that scores for the tenant has it."""

    likely_human: Probability | None = None
    likely_ai: Probability | None = None


class PolicyRequest(Request):
    """The whole policy, after a patch was merged into it."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"thresholds": {"likely_human": 0.1, "likely_ai": 0.9}, "retention_days": 90}]},
    )

    thresholds: ThresholdsRequest | None = Field(None, description="null: as the model's card says.")
    model: Version | None = Field(None, description="Pins a version; null: the champion.")
    evidence: Literal["basic", "likely_ai", "full"] = Field(
        "basic",
        description="What a result gathers: `full` scores six re-encodings as well, `likely_ai` does so where the "
        "verdict is likely AI.",
    )
    provenance: Literal["report", "decide"] = Field(
        "report", description="`decide`: a signed and trusted statement in the file sets the verdict, not the score."
    )
    domain_cap: Probability = Field(
        CAP,
        description="Share of people's pictures of a kind called AI, above which no picture of that kind is likely AI.",
    )
    allow_training: StrictBool = False
    retention_days: Days | None = Field(
        None, description="null: kept until erased. A job with an open appeal is kept until that is decided."
    )


class PolicyDocument(Document):
    version: int
    thresholds: ThresholdsDocument | None
    model: str | None
    evidence: Literal["basic", "likely_ai", "full"]
    provenance: Literal["report", "decide"]
    domain_cap: float
    allow_training: bool
    retention_days: int | None
