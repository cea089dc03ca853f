"""Where `likely_ai` and `likely_human` begin: as bold as the false alarms allow, and no bolder than their names."""

from bisect import bisect_left
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from services.retrainer.evaluation.predictions import Floats, Predictions, Strings
from services.retrainer.statistics.bootstrap import Interval, Weights, interval, shares
from shared.domain.verdict import Thresholds
from shared.errors import ConfigurationError

MILDEST = Thresholds()
"""However few the false alarms: "likely" is said at odds of four to one and above."""

STEP = 0.001
"""Between the thresholds that are tried."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Limits:
    """The greatest share of false alarms: over all pictures, with every picture and with every owner weighing the
    same; of the 97.5 % point of either's draws; and over each kind with at least `least` pictures.
    """

    share: float = 0.05
    upper: float = 0.07
    kind: float = 0.10
    least: int = 20


@dataclass(frozen=True, kw_only=True, slots=True)
class Choice:
    """`thresholds`, and what they do to the predictions that they were chosen on.

    `false_…` is said wrongly, `found_…` rightly; `…_by_owner` lets every owner weigh the same. `unjudged` are kinds
    with too few human pictures for a limit of their own.
    """

    thresholds: Thresholds
    false_likely_ai: Interval
    false_likely_ai_by_owner: Interval
    found_likely_ai: Interval
    false_likely_human: Interval
    found_likely_human: Interval
    unjudged: tuple[str, ...]

    def document(self) -> dict[str, Any]:
        """For JSON."""
        names = ("false_likely_ai", "false_likely_ai_by_owner", "found_likely_ai")
        names += ("false_likely_human", "found_likely_human")
        figures = {name: getattr(self, name).document() for name in names}
        return {"thresholds": self.thresholds.document(), **figures, "unjudged": list(self.unjudged)}


def choose(predictions: Predictions, weights: Weights, *, limits: Limits | None = None) -> Choice:
    """The lowest `likely_ai` under which human pictures stay within `limits`, and the highest `likely_human` under
    which AI pictures do; never bolder than MILDEST.

    `weights` are draws of owners, [1 + draws, N]. Raises ConfigurationError where no threshold below 1 will do.
    """
    limits = limits or Limits()
    ai, human = predictions.probabilities, 1 - predictions.probabilities
    on: Any = {"predictions": predictions, "weights": weights, "limits": limits}
    likely_ai = _lowest(ai, predictions.human, MILDEST.likely_ai, **on)
    likely_human = 1 - _lowest(human, predictions.ai, 1 - MILDEST.likely_human, **on)
    thresholds = Thresholds(likely_human=round(likely_human, 3), likely_ai=round(likely_ai, 3))
    says_ai, says_human = ai >= thresholds.likely_ai, ai <= thresholds.likely_human
    by_owner = weights * evenly(predictions.owners, predictions.human)
    return Choice(
        thresholds=thresholds,
        false_likely_ai=interval(shares(says_ai, predictions.human, weights)),
        false_likely_ai_by_owner=interval(shares(says_ai, predictions.human, by_owner)),
        found_likely_ai=interval(shares(says_ai, predictions.ai, weights)),
        false_likely_human=interval(shares(says_human, predictions.ai, weights)),
        found_likely_human=interval(shares(says_human, predictions.human, weights)),
        unjudged=tuple(_kinds(predictions.kinds, predictions.human, limits.least)[1]),
    )


def evenly(groups: Strings, among: NDArray[np.bool_]) -> NDArray[np.float32]:
    """One over how many of those rows are of each one's group (its owner, or its picture), float32 [N]; 0 for the
    others.
    """
    weights = np.zeros(len(groups), np.float32)
    _, member, counts = np.unique(groups[among], return_inverse=True, return_counts=True)
    weights[among] = 1 / counts[member]
    return weights


def _lowest(
    scores: Floats,
    among: NDArray[np.bool_],
    mildest: float,
    *,
    predictions: Predictions,
    weights: Weights,
    limits: Limits,
) -> float:
    """More false alarms fall away with every step up, so that halving finds the first that will do."""
    by_owner = weights * evenly(predictions.owners, among)
    kinds = [among & (predictions.kinds == kind) for kind in _kinds(predictions.kinds, among, limits.least)[0]]

    def allowed(threshold: float) -> bool:
        said = scores >= threshold
        overall = [interval(shares(said, among, drawn)) for drawn in (weights, by_owner)]
        within = all(rate.value <= limits.share and rate.high <= limits.upper for rate in overall)
        return within and all(said[kind].mean() <= limits.kind for kind in kinds)

    steps = [round(step * STEP, 3) for step in range(round(mildest / STEP), round(1 / STEP))]
    found = bisect_left(steps, True, key=allowed)
    if found == len(steps):
        raise ConfigurationError("no threshold below 1 keeps the false alarms within their limits: nothing to ship")
    return steps[found]


def _kinds(kinds: Strings, among: NDArray[np.bool_], least: int) -> tuple[list[str], list[str]]:
    """Those with at least so many pictures, and the others; "" is no kind."""
    names, counts = np.unique(kinds[among & (kinds != "")], return_counts=True)
    return names[counts >= least].tolist(), names[counts < least].tolist()
