"""Whether a score survives the forms in which a picture comes back from the web."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from shared.domain.verdict import Thresholds, decide


@dataclass(frozen=True, kw_only=True, slots=True)
class View:
    """A re-encoding of the picture by its name, and its calibrated probability in [0, 1]."""

    name: str
    ai_probability: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Stability:
    """`ai_probability` is the picture's own, as it was sent; verdicts are by score and `thresholds` alone."""

    ai_probability: float
    thresholds: Thresholds
    views: Sequence[View]

    @property
    def spread(self) -> float:
        """Between the lowest and the highest probability, the picture's own among them."""
        return self._high - self._low

    @property
    def flips(self) -> int:
        """How many views have another verdict than the picture as it was sent."""
        own = decide(self.ai_probability, self.thresholds)
        return sum(decide(view.ai_probability, self.thresholds) is not own for view in self.views)

    def document(self) -> Mapping[str, Any]:
        """`evidence.stability` of a result."""
        return {
            "n": len(self.views),
            "low": self._low,
            "high": self._high,
            "spread": round(self.spread, 4),
            "flips": self.flips,
            "views": [
                {
                    "name": view.name,
                    "ai_probability": view.ai_probability,
                    "verdict": decide(view.ai_probability, self.thresholds).value,
                }
                for view in self.views
            ],
        }

    @property
    def _low(self) -> float:
        return min(self.ai_probability, *(view.ai_probability for view in self.views))

    @property
    def _high(self) -> float:
        return max(self.ai_probability, *(view.ai_probability for view in self.views))
