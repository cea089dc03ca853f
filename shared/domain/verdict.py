"""From a calibrated score to the word a person reads."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

ADVISORY = "Supporting evidence only. A person decides."


class Verdict(StrEnum):
    LIKELY_HUMAN = "likely_human"
    UNCERTAIN = "uncertain"
    LIKELY_AI = "likely_ai"


class Basis(StrEnum):
    """What a verdict rests on: the score, or a signed and trusted statement in the file."""

    MODEL = "model"
    PROVENANCE = "provenance"


@dataclass(frozen=True, kw_only=True, slots=True)
class Thresholds:
    """A score ≤ `likely_human` is likely human, one ≥ `likely_ai` likely AI; both in [0, 1], in that order."""

    likely_human: float = 0.20
    likely_ai: float = 0.80

    def __post_init__(self) -> None:
        if not 0 <= self.likely_human < self.likely_ai <= 1:
            raise ValueError(
                "thresholds must satisfy 0 <= likely_human < likely_ai <= 1, "
                f"got {self.likely_human} and {self.likely_ai}"
            )

    def document(self) -> dict[str, float]:
        return {"likely_human": self.likely_human, "likely_ai": self.likely_ai}


@dataclass(frozen=True, kw_only=True, slots=True)
class Reason:
    """Why a verdict is held at `uncertain` although the score alone would say more."""

    code: str
    detail: str

    def document(self) -> dict[str, str]:
        return {"code": self.code, "detail": self.detail}


BLANK = Reason(
    code="blank",
    detail="Hardly anything is on this picture: nearly all of it is one shade, and there is nothing to judge.",
)


def choose_thresholds(policy: Mapping[str, Any], card: Thresholds | None) -> Thresholds:
    """The tenant's policy, else the model's card, else 0.20 and 0.80."""
    if chosen := policy.get("thresholds"):
        return Thresholds(likely_human=chosen["likely_human"], likely_ai=chosen["likely_ai"])
    return card or Thresholds()


def decide(score: float, thresholds: Thresholds, reasons: Sequence[Reason] = ()) -> Verdict:
    """The verdict for a calibrated `score` in [0, 1]; any reason holds it at `uncertain`."""
    if not 0 <= score <= 1:
        raise ValueError(f"a score lies in [0, 1], got {score}")
    if reasons:
        return Verdict.UNCERTAIN
    if score <= thresholds.likely_human:
        return Verdict.LIKELY_HUMAN
    if score >= thresholds.likely_ai:
        return Verdict.LIKELY_AI
    return Verdict.UNCERTAIN
