"""What kind of picture the model takes a picture for, and how it has done with that kind."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from shared.domain.verdict import Reason, Thresholds

FEWEST = 30
"""Pictures by people below which a record says nothing."""

CAP = 0.10
"""Share of pictures by people called likely AI above which no such verdict is given, where the policy says nothing."""


class Domain(StrEnum):
    """OTHER is none of these, or no telling which."""

    PHOTOGRAPH = "photograph"
    PORTRAIT = "portrait"
    PAINTING = "painting"
    ILLUSTRATION = "illustration"
    RENDER = "render"
    GRAPHIC = "graphic"
    SCREENSHOT = "screenshot"
    OTHER = "other"


KINDS: Mapping[Domain, str] = {
    Domain.PHOTOGRAPH: "a photograph",
    Domain.PORTRAIT: "a portrait",
    Domain.PAINTING: "a painting",
    Domain.ILLUSTRATION: "an illustration",
    Domain.RENDER: "a 3D render",
    Domain.GRAPHIC: "a graphic",
    Domain.SCREENSHOT: "a screenshot or a page of text",
}
"""In a sentence; OTHER has one of its own."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Record:
    """Of pictures by people that the model took for this domain, and whose owners it had not learnt from.

    `called_ai` of `images`, by `owners` different owners, were likely AI at the thresholds in force; `low` and `high`
    bound that share in [0, 1], 95 % interval.
    """

    images: int
    owners: int
    called_ai: int
    low: float
    high: float

    @property
    def rate(self) -> float:
        """Of pictures by people called AI; 0 where there are none."""
        return self.called_ai / self.images if self.images else 0.0

    def document(self) -> dict[str, Any]:
        return {
            "images": self.images,
            "owners": self.owners,
            "called_ai": self.called_ai,
            "rate": round(self.rate, 4),
            "interval": [round(self.low, 4), round(self.high, 4)],
        }


UNFAMILIAR = Reason(code="unfamiliar", detail="This picture is unlike anything that the model was measured on.")


@dataclass(frozen=True, kw_only=True, slots=True)
class DomainView:
    """What the model takes a picture for, with which `probability`, in [0, 1], and its `record` there.

    `familiar` is False for a picture unlike anything that the model was measured on.
    """

    domain: Domain
    probability: float
    record: Record
    familiar: bool = True

    def document(self) -> Mapping[str, Any]:
        """`evidence.domain` of a result."""
        return {
            "name": self.domain.value,
            "probability": round(self.probability, 4),
            "familiar": self.familiar,
            "record": self.record.document(),
        }

    def reasons(self, score: float, thresholds: Thresholds, cap: float = CAP) -> Sequence[Reason]:
        """Why a `score` in [0, 1] that would decide does not: none where it decides, or would not anyway.

        A poor record is one of calling people's pictures AI, so it holds back `likely_ai` alone; where there is none,
        or the picture is unlike all that was measured, neither verdict rests on anything.
        """
        if thresholds.likely_human < score < thresholds.likely_ai:
            return []
        if not self.familiar:
            return [UNFAMILIAR]
        if self.record.images < FEWEST:
            return [Reason(code="domain_unmeasured", detail=_unmeasured(self.domain, self.record))]
        if score >= thresholds.likely_ai and self.record.rate > cap:
            return [Reason(code="domain_record", detail=_poor(self.domain, self.record, cap))]
        return []


def _unmeasured(domain: Domain, record: Record) -> str:
    return f"{_taken_for(domain)}. It was measured on fewer than {FEWEST} such pictures by people ({record.images})."


def _poor(domain: Domain, record: Record, cap: float) -> str:
    return (
        f"{_taken_for(domain)}. Of {record.images:,} such pictures by people it called {percent(record.rate)} % AI: "
        f"more than the {percent(cap)} % that the policy allows."
    )


def _taken_for(domain: Domain) -> str:
    if domain is Domain.OTHER:
        return "The model cannot tell what kind of picture this is"
    return f"The model takes this for {KINDS[domain]}"


def percent(share: float) -> str:
    """Of a share in [0, 1], with one decimal where it has one."""
    return f"{100 * share:.1f}".removesuffix(".0")
