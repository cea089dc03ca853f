"""What else speaks of an image, beside the probabilities."""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from services.api.schemas.base import Document
from shared.domain.domains import Domain
from shared.domain.provenance import Claim, Kind, Strength
from shared.domain.verdict import Verdict


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
