"""Whom a detector accuses, and whose pictures it finds: the same figure for each owner, kind or generator."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from services.retrainer.evaluation.predictions import Predictions, Strings
from services.retrainer.statistics.bootstrap import Interval, Weights, interval, shares
from shared.domain.interval import wilson

LEAST = 60
"""Pictures of an owner whose rate is listed by itself: with fewer, an interval says next to nothing."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Group:
    """`rate` is the share of the group's pictures for which something was said."""

    name: str
    images: int
    owners: int
    rate: Interval

    def document(self) -> dict[str, Any]:
        """For JSON."""
        return {"name": self.name, "images": self.images, "owners": self.owners, "rate": self.rate.document()}


def accused_kinds(predictions: Predictions, likely_ai: float, weights: Weights) -> list[Group]:
    """The share of false `likely_ai` for each kind of human picture, the highest first."""
    said = predictions.probabilities >= likely_ai
    return _worst_first(_groups(predictions.kinds, said, predictions.human, predictions.owners, weights))


def accused_owners(predictions: Predictions, likely_ai: float, weights: Weights, *, least: int = LEAST) -> list[Group]:
    """The same for each owner of at least so many human pictures."""
    said = predictions.probabilities >= likely_ai
    groups = _groups(predictions.owners, said, predictions.human, predictions.owners, weights)
    return _worst_first([group for group in groups if group.images >= least])


def found_generators(predictions: Predictions, probability: float, weights: Weights) -> list[Group]:
    """The share of each generator's pictures that reach `probability`, the lowest first; "" where none is known."""
    said = predictions.probabilities >= probability
    return _worst_first(_groups(predictions.generators, said, predictions.ai, predictions.owners, weights))[::-1]


def rate_of(said: NDArray[np.bool_], among: NDArray[np.bool_], weights: Weights) -> Interval:
    """The share of `said` among those pictures, all bool [N], between the wider of two intervals.

    Wilson's takes pictures for independent, which those of one owner are not; the bootstrap over owners knows no
    doubt where there is one owner, or no hit.
    """
    drawn = interval(shares(said, among, weights))
    low, high = wilson(int((said & among).sum()), int(among.sum()))
    return Interval(value=drawn.value, low=float(np.fmin(low, drawn.low)), high=float(np.fmax(high, drawn.high)))


def accusation_rate(rate: Interval, human: NDArray[np.bool_], owners: Strings) -> dict[str, Any]:
    """A card's `false_accusation_rate`: `rate` of the pictures that are `human`, bool [N], how many and of how many."""
    return {**rate.document(), "n": int(human.sum()), "owners": len(np.unique(owners[human]))}


def _groups(
    names: Strings, said: NDArray[np.bool_], among: NDArray[np.bool_], owners: Strings, weights: Weights
) -> list[Group]:
    chosen = [(str(name), among & (names == name)) for name in np.unique(names[among])]
    return [
        Group(
            name=name,
            images=int(rows.sum()),
            owners=len(np.unique(owners[rows])),
            rate=rate_of(said, rows, weights),
        )
        for name, rows in chosen
    ]


def _worst_first(groups: Sequence[Group]) -> list[Group]:
    return sorted(groups, key=lambda group: (-group.rate.value, -group.images))
