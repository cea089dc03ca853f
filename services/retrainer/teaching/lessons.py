"""What a retraining is taught by, and batches of it: mostly gold, few pseudo-labels, classes and owners balanced."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

PSEUDO_SHARE = 0.2
"""Of a batch, at most: more, and a network learns its own mistakes (Arazo et al., arXiv 1908.02983)."""

FRESH_SHARE = 0.3
"""Of a batch, at most: gold that the champion was not trained on."""

FRESH_FACTOR = 5
"""How often a row of fresh gold is drawn for one of replay, where that keeps within its share."""

POWER = 0.5
"""Within a class an owner of n rows is drawn in proportion to n to this power."""


class Pool(IntEnum):
    """Where a row comes from: gold that the champion knows, gold that is new, or a label made of scores."""

    REPLAY = 0
    FRESH = 1
    PSEUDO = 2


@dataclass(frozen=True, kw_only=True, slots=True)
class Lessons:
    """N rows: `targets` float32 [N] in [0, 1], 1 for AI; `weights` float32 [N], how often a row is drawn beside the
    others of its owner; `owners` [N]; `pools` uint8 [N] of Pool.
    """

    targets: Floats
    weights: Floats
    owners: NDArray[np.str_]
    pools: NDArray[np.uint8]

    def __len__(self) -> int:
        return len(self.targets)

    def of(self, rows: NDArray[np.bool_]) -> "Lessons":
        """Those rows alone."""
        return Lessons(
            targets=self.targets[rows], weights=self.weights[rows], owners=self.owners[rows], pools=self.pools[rows]
        )

    def shares(self) -> dict[Pool, float]:
        """Of a batch, which sum to 1. No pseudo-label is drawn more often than a row of gold, however few there are:
        else a handful of forged ones would fill their whole share.
        """
        replay, fresh, pseudo = (int((self.pools == pool).sum()) for pool in Pool)
        gold = replay + fresh
        of_pseudo = min(PSEUDO_SHARE, pseudo / max(1, gold + pseudo)) if gold else 0.0
        rising = FRESH_FACTOR * fresh
        of_fresh = min(FRESH_SHARE, rising / max(1, rising + replay)) if replay else 1.0 - of_pseudo
        return {Pool.PSEUDO: of_pseudo, Pool.FRESH: of_fresh, Pool.REPLAY: 1.0 - of_pseudo - of_fresh}


def sampler(lessons: Lessons, size: int, seed: int) -> Callable[[int], NDArray[np.int64]]:
    """From a step to the rows of its batch, int64 [size], half of each class: chance comes from seed and step alone.

    Raises ValueError where gold lacks a class.
    """
    classes = [_class(lessons, lessons.targets >= 0.5 if ai else lessons.targets < 0.5, size // 2) for ai in (0, 1)]

    def batch(step: int) -> NDArray[np.int64]:
        chance = np.random.default_rng([seed, step])
        parts = [chance.choice(rows, count, p=odds) for own in classes for rows, odds, count in own]
        return np.concatenate(parts)

    return batch


Drawn = tuple[NDArray[np.int64], NDArray[np.float64], int]
"""Rows, the chance of each, and how many of them are in a batch."""


def _class(lessons: Lessons, among: NDArray[np.bool_], size: int) -> list[Drawn]:
    """Gold fills what a pool without this class leaves free."""
    shares = lessons.shares()
    members = {pool: np.flatnonzero(among & (lessons.pools == pool)) for pool in Pool}
    gold = Pool.REPLAY if len(members[Pool.REPLAY]) else Pool.FRESH
    if not len(members[gold]):
        raise ValueError("gold lacks a class: there is nothing to balance it with")
    counts = {pool: int(shares[pool] * size) if len(rows) else 0 for pool, rows in members.items()}
    counts[gold] += size - sum(counts.values())
    return [(rows, _odds(lessons, rows), counts[pool]) for pool, rows in members.items() if counts[pool]]


def _odds(lessons: Lessons, rows: NDArray[np.int64]) -> NDArray[np.float64]:
    _, member, sizes = np.unique(lessons.owners[rows], return_inverse=True, return_counts=True)
    odds = lessons.weights[rows].astype(np.float64) * sizes[member].astype(np.float64) ** (POWER - 1)
    total: NDArray[np.float64] = odds / odds.sum()
    return total
