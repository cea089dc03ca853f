"""What speaks beside the score."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Self


class Basis(StrEnum):
    """What a verdict rests on: the probability, or a signed and trusted statement in the file."""

    MODEL = "model"
    PROVENANCE = "provenance"


class Kind(StrEnum):
    """Where a finding comes from."""

    C2PA = "c2pa"
    IPTC = "iptc"
    EXIF = "exif"
    GENERATOR = "generator"


class Claim(StrEnum):
    """What a finding says; `edited`: software made or changed the picture, and nothing is said of AI."""

    AI = "ai"
    EDITED_WITH_AI = "edited_with_ai"
    CAMERA = "camera"
    EDITED = "edited"


class Strength(StrEnum):
    """Who could have faked a finding: a signer whom the installation trusts, anyone with a key, anyone."""

    SIGNED_TRUSTED = "signed_trusted"
    SIGNED = "signed"
    UNSIGNED = "unsigned"


class Domain(StrEnum):
    """What kind of picture a model takes a picture for; `other`: none of these, or no telling which."""

    PHOTOGRAPH = "photograph"
    PORTRAIT = "portrait"
    PAINTING = "painting"
    ILLUSTRATION = "illustration"
    RENDER = "render"
    GRAPHIC = "graphic"
    SCREENSHOT = "screenshot"
    OTHER = "other"


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """One thing that the file says of its own origin, `where` in it, and how far that can be trusted."""

    kind: Kind
    claim: Claim
    strength: Strength
    where: str
    details: Mapping[str, Any]

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> Self:
        return cls(
            kind=Kind(document["kind"]),
            claim=Claim(document["claim"]),
            strength=Strength(document["strength"]),
            where=document["where"],
            details=document["details"],
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Stability:
    """The image scored again in `n` other forms: between which probabilities, and how many verdicts were others."""

    n: int
    low: float
    high: float
    flips: int

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> Self:
        return cls(n=document["n"], low=document["low"], high=document["high"], flips=document["flips"])


@dataclass(frozen=True, kw_only=True, slots=True)
class DomainView:
    """What the model takes the picture for, with which probability in [0, 1], and its record with such pictures.

    Of `images` by people, of `owners` owners, it called `called_ai` likely AI; `low` and `high` bound that share, 95 %
    interval. Above `cap`, as the tenant's policy says, none is called so.
    """

    domain: Domain
    probability: float
    familiar: bool
    """False: unlike anything that the model was measured on."""
    images: int
    owners: int
    called_ai: int
    rate: float
    low: float
    high: float
    cap: float

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> Self:
        record = document["record"]
        low, high = record["interval"]
        return cls(
            domain=Domain(document["name"]),
            probability=document["probability"],
            familiar=document["familiar"],
            images=record["images"],
            owners=record["owners"],
            called_ai=record["called_ai"],
            rate=record["rate"],
            low=low,
            high=high,
            cap=document["cap"],
        )
