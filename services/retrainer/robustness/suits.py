"""Which of two detectors suits when: said by rule from measured AUROCs, and not said where the figures do not tell."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from services.retrainer.data.samples import HUMAN, Dataset
from services.retrainer.robustness.draws import Draws
from services.retrainer.statistics.bootstrap import Interval, Values, interval

LEAST = 20
"""Pictures of each class below which nothing is said."""

TOO_FEW = "too few pictures"

TIERS = ((0, 64), (64, 256), (256, 512), (512, None))
"""Short sides in px, from and below."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Case:
    """`aurocs` of the two detectors on `human` and `ai` pictures, and `difference`, first minus second, paired over
    the same draws of owners.
    """

    when: str
    human: int
    ai: int
    aurocs: tuple[Interval, Interval]
    difference: Interval
    conclusion: str


def cases(
    names: Sequence[str], dataset: Dataset, sides: NDArray[np.int64], scores: Mapping[str, Values], draws: Draws
) -> list[Case]:
    """A case for all pictures, each size, each kind and each alteration.

    Human pictures of a kind stand against AI pictures of that kind, or against all where of that kind there are few.

    `names` of the two detectors; `sides` int [N], short sides in px; `scores` float64 [2, N] by alteration, plain
    ones first.
    """
    plain, *altered = scores.items()
    found = [_case(names, when, plain[1][:, chosen], draws.where(chosen)) for when, chosen in _groups(dataset, sides)]
    return found + [_case(names, f"after {name}", values, draws) for name, values in altered]


def _groups(dataset: Dataset, sides: NDArray[np.int64]) -> Iterator[tuple[str, NDArray[np.bool_]]]:
    yield "all pictures", np.ones(len(dataset), np.bool_)
    for least, below in TIERS:
        chosen = (sides >= least) & (sides < (below or np.inf))
        if chosen.any():
            yield _tier(least, below), chosen
    kinds = np.array([sample.kind for sample in dataset.samples], np.str_)
    human = dataset.labels == HUMAN
    for kind in sorted(set(kinds[human]) - {""}):
        of_kind = kinds == kind
        if (of_kind & ~human).sum() >= LEAST:
            yield f"kind {kind}", of_kind
        else:
            yield f"human pictures of kind {kind}, all AI pictures", ~human | of_kind


def _tier(least: int, below: int | None) -> str:
    if below is None:
        return f"short side from {least} px"
    return f"short side {least} to {below - 1} px" if least else f"short side below {below} px"


def _case(names: Sequence[str], when: str, scores: Values, draws: Draws) -> Case:
    """`scores` float64 [2, n]."""
    human = int((draws.labels == HUMAN).sum())
    ai = len(draws.labels) - human
    first, second = (draws.roc_auc(values) for values in scores)
    aurocs, difference = (interval(first), interval(second)), interval(first - second)
    few = min(human, ai) < LEAST
    return Case(
        when=when,
        human=human,
        ai=ai,
        aurocs=aurocs,
        difference=difference,
        conclusion=TOO_FEW if few else conclusion(names, aurocs, difference),
    )


def conclusion(names: Sequence[str], aurocs: tuple[Interval, Interval], difference: Interval) -> str:
    """The better one where the interval of the difference leaves out 0 and its own AUROC lies above chance."""
    if not max(aurocs[0].low, aurocs[1].low) > 0.5:
        return "neither is shown to beat chance"
    if difference.low > 0 or difference.high < 0:
        return names[0] if difference.value > 0 else names[1]
    return "no difference is shown"
