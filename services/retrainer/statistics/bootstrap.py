"""Intervals by drawing owners anew: the pictures of one owner are no independent witnesses.

A figure is a function of weights, [1 + draws, N]: how often each picture counts, once in the first row and then as
the draws have it. So every figure, and the difference of two, is computed on the same draws.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Weights = NDArray[np.float32]
Values = NDArray[np.float64]

DRAWS = 1000
SLAB = 2**22
"""So many numbers of the weights are worked on at once."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Interval:
    """A figure and the 95 % interval of its draws; nan where there is nothing to count."""

    value: float
    low: float
    high: float

    def document(self) -> dict[str, float | None]:
        """For JSON, which knows no nan."""
        numbers = {"value": self.value, "low": self.low, "high": self.high}
        return {name: round(number, 6) if np.isfinite(number) else None for name, number in numbers.items()}


def resamples(owners: NDArray[np.str_], labels: NDArray[np.uint8], *, draws: int = DRAWS, seed: int = 0) -> Weights:
    """How often each picture counts, float32 [1 + draws, N]: once each in the first row, then by owners drawn with
    replacement, each class's owners for themselves (Efron & Tibshirani 1993, chapter 8).

    A class of one owner has nan in all but the first row: that owner again and again would look like certainty.
    """
    chance = np.random.default_rng(seed)
    weights = np.ones((1 + draws, len(owners)), np.float32)
    for label in np.unique(labels):
        rows = np.flatnonzero(labels == label)
        names, member = np.unique(owners[rows], return_inverse=True)
        drawn = chance.multinomial(len(names), np.full(len(names), 1 / len(names)), draws)
        weights[1:, rows] = drawn[:, member] if len(names) > 1 else np.nan
    return weights


def shares(hits: NDArray[np.bool_], among: NDArray[np.bool_], weights: Weights) -> Values:
    """The share of `hits` among those pictures, [1 + draws]; nan where none was drawn."""
    return means(hits.astype(np.float64), among, weights)


def means(values: Values, among: NDArray[np.bool_], weights: Weights) -> Values:
    """The mean of `values` over those pictures, [1 + draws]."""
    chosen = weights[:, among].astype(np.float64)
    with np.errstate(invalid="ignore"):
        mean: Values = chosen @ values[among] / chosen.sum(1)
    return mean


def roc_aucs(labels: NDArray[np.uint8], scores: Values, weights: Weights) -> Values:
    """The chance that an AI picture scores above a human one, ties counting half, [1 + draws]."""
    order = np.argsort(scores, kind="stable")
    starts = np.flatnonzero(np.r_[True, np.diff(scores[order]) > 0])
    ai = labels[order] == 1
    return _by_slabs(lambda rows: _areas(rows[:, order], ai, starts), weights)


def partial_roc_aucs(labels: NDArray[np.uint8], scores: Values, max_fpr: float, weights: Weights) -> Values:
    """The area under the ROC curve up to a false-positive rate of `max_fpr`, in (0, 1], put on the scale of a whole
    area: 1 where every AI picture is found, 0.5 for chance (McClish, Medical Decision Making 9, 1989); [1 + draws].
    """
    order = np.argsort(-scores, kind="stable")
    ends = np.flatnonzero(np.r_[np.diff(scores[order]) < 0, True])
    ai = labels[order] == 1
    area = _by_slabs(lambda rows: _areas_up_to(rows[:, order], ai, ends, max_fpr), weights)
    chance = max_fpr**2 / 2
    standardised: Values = (1 + (area - chance) / (max_fpr - chance)) / 2
    return standardised


def average_precisions(labels: NDArray[np.uint8], scores: Values, weights: Weights) -> Values:
    """The mean precision over the recall gained at each score, from the highest down, [1 + draws]."""
    order = np.argsort(-scores, kind="stable")
    ends = np.flatnonzero(np.r_[np.diff(scores[order]) < 0, True])
    ai = labels[order] == 1
    return _by_slabs(lambda rows: _precisions(rows[:, order], ai, ends), weights)


def tprs_at_fpr(labels: NDArray[np.uint8], scores: Values, fpr: float, weights: Weights) -> Values:
    """The share of AI pictures found by the lowest threshold that calls at most a share `fpr` of human ones AI,
    [1 + draws]; each draw has its own threshold.
    """
    order = np.argsort(-scores, kind="stable")
    ends = np.flatnonzero(np.r_[np.diff(scores[order]) < 0, True])
    ai = labels[order] == 1
    return _by_slabs(lambda rows: _found(rows[:, order], ai, ends, fpr), weights)


def interval(values: Values) -> Interval:
    """The first of `values` between the 2.5 and the 97.5 % point of the others."""
    drawn = values[1:][np.isfinite(values[1:])]
    if not np.isfinite(values[0]) or not len(drawn):
        return Interval(value=float(values[0]), low=float("nan"), high=float("nan"))
    low, high = np.percentile(drawn, (2.5, 97.5))
    return Interval(value=float(values[0]), low=float(low), high=float(high))


def paired(labels: NDArray[np.uint8], ours: Values, theirs: Values, weights: Weights) -> Interval:
    """ROC AUC of scores `ours` minus that of `theirs`, float [N] each of the same pictures, on the same draws."""
    return interval(roc_aucs(labels, ours, weights) - roc_aucs(labels, theirs, weights))


def _by_slabs(figure: Callable[[Weights], Values], weights: Weights) -> Values:
    rows = max(1, SLAB // weights.shape[1])
    return np.concatenate([figure(weights[start : start + rows]) for start in range(0, len(weights), rows)])


def _areas(weights: Weights, ai: NDArray[np.bool_], starts: NDArray[np.intp]) -> Values:
    """`weights` in the order of rising scores; a run of equal scores begins at each of `starts`."""
    above = np.add.reduceat(weights * ai, starts, axis=1, dtype=np.float64)
    human = np.add.reduceat(weights * ~ai, starts, axis=1, dtype=np.float64)
    below = np.cumsum(human, axis=1) - human / 2
    with np.errstate(invalid="ignore"):
        area: Values = (above * below).sum(1) / (above.sum(1) * human.sum(1))
    return area


def _areas_up_to(weights: Weights, ai: NDArray[np.bool_], ends: NDArray[np.intp], max_fpr: float) -> Values:
    """`weights` in the order of falling scores; trapezoids between the ends of runs of equal scores, the one that
    crosses `max_fpr` cut there.
    """
    with np.errstate(invalid="ignore", divide="ignore"):
        right = _shares_so_far(weights, ~ai, ends)
        needed = 1 + min(right.shape[1] - 1, int((right < max_fpr).sum(1).max()))
        right, upper = right[:, :needed], _shares_so_far(weights, ai, ends)[:, :needed]
        left, lower = (np.pad(values[:, :-1], ((0, 0), (1, 0))) for values in (right, upper))
        cut = np.clip(max_fpr - left, 0, right - left)
        rise = np.where(right > left, (upper - lower) * cut / (right - left), 0)
        area: Values = (cut * (lower + rise / 2)).sum(1)
    return area


def _shares_so_far(weights: Weights, among: NDArray[np.bool_], ends: NDArray[np.intp]) -> Values:
    counts = np.cumsum(weights * among, axis=1, dtype=np.float64)
    shares: Values = counts[:, ends] / counts[:, -1:]
    return shares


def _precisions(weights: Weights, ai: NDArray[np.bool_], ends: NDArray[np.intp]) -> Values:
    """`weights` in the order of falling scores; a run of equal scores ends at each of `ends`."""
    found = np.cumsum(weights * ai, axis=1, dtype=np.float64)[:, ends]
    called = np.cumsum(weights, axis=1, dtype=np.float64)[:, ends]
    gained = np.diff(found, axis=1, prepend=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        precision = np.where(called > 0, found / called, 0.0)
        mean: Values = (gained * precision).sum(1) / found[:, -1]
    return mean


def _found(weights: Weights, ai: NDArray[np.bool_], ends: NDArray[np.intp], fpr: float) -> Values:
    found = np.cumsum(weights * ai, axis=1, dtype=np.float64)[:, ends]
    called = np.cumsum(weights * ~ai, axis=1, dtype=np.float64)[:, ends]
    # Sums of whole numbers in another order differ in the last place.
    within = (called <= fpr * called[:, -1:] * (1 + 1e-9)).sum(1)
    with np.errstate(invalid="ignore"):
        share: Values = np.where(within > 0, found[np.arange(len(found)), within - 1], 0) / found[:, -1]
    return share
