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
            return [Reason(code="unfamiliar", detail="unlike anything that the model was measured on")]
        if self.record.images < FEWEST:
            return [Reason(code="domain_unmeasured", detail=_unmeasured(self.domain, self.record))]
        if score >= thresholds.likely_ai and self.record.rate > cap:
            return [Reason(code="domain_record", detail=_poor(self.domain, self.record, cap))]
        return []


def _unmeasured(domain: Domain, record: Record) -> str:
    return f"looks like {domain}: the model was measured on {record.images} such by people, fewer than {FEWEST}"


def _poor(domain: Domain, record: Record, cap: float) -> str:
    return (
        f"looks like {domain}: of {record.images} such by people the model called {100 * record.rate:.0f} % AI, "
        f"and more than {100 * cap:.0f} % is too many"
    )
