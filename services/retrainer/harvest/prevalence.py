"""How much of what is submitted is AI-generated, as random spot checks found it."""

from dataclasses import dataclass
from typing import Any

from scipy.stats import beta

UNKNOWN = (0.02, 0.5)
"""Where nobody has looked: from one in fifty to one in two. A stated assumption, wide on purpose."""

ENOUGH = 20
"""Spot checks below which UNKNOWN holds, and is only widened to the share that they found."""

COVERAGE = 0.95


@dataclass(frozen=True, kw_only=True, slots=True)
class Prevalence:
    """The share of AI among consented jobs: its interval, and the labels that it rests on."""

    low: float
    high: float
    ai: int = 0
    human: int = 0
    unsure: int = 0

    def document(self) -> dict[str, Any]:
        counts = {"ai": self.ai, "human": self.human, "unsure": self.unsure}
        return {"low": round(self.low, 4), "high": round(self.high, 4), **counts}


def estimate(*, ai: int = 0, human: int = 0, unsure: int = 0) -> Prevalence:
    """From the labels of random spot checks: Jeffreys' interval, the 2.5 % and 97.5 % quantiles of
    Beta(ai + 1/2, human + 1/2) (Brown, Cai & DasGupta 2001, "Interval Estimation for a Binomial Proportion").

    Pictures of which a reviewer was unsure are no sample of the others: the lower end takes all of them for human,
    the upper end for AI, as Manski (1989) bounds what is not observed.
    """
    if min(ai, human, unsure) < 0:
        raise ValueError(f"labels are counted from 0 up, got {ai}, {human} and {unsure}")
    if ai + human + unsure < ENOUGH:
        found = (ai + 0.5) / (ai + human + 1)
        low, high = min(found, UNKNOWN[0]), max(found, UNKNOWN[1])
    else:
        tail = (1 - COVERAGE) / 2
        low = float(beta.ppf(tail, ai + 0.5, human + unsure + 0.5))
        high = float(beta.ppf(1 - tail, ai + unsure + 0.5, human + 0.5))
    # Beta's own ends may round to 0 or 1, and there no evidence could move a posterior any more.
    return Prevalence(low=max(low, 1e-4), high=min(high, 1 - 1e-4), ai=ai, human=human, unsure=unsure)
