"""Disjoint parts of a pool, drawn anew for each seed."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from bench.retraining.heads import Lessons
from services.retrainer.versions.embedded import PLAIN, Embedded

Rows = NDArray[np.intp]


@dataclass(kw_only=True, slots=True)
class Parts:
    """Pictures of `pool`, each given out once; those that were looked at under every mark can be asked for."""

    pool: Embedded
    chance: np.random.Generator
    _left: dict[int, list[str]] = field(init=False)
    _marked: set[str] = field(init=False)

    def __post_init__(self) -> None:
        plain = self.pool.cells == PLAIN
        self._marked = set(self.pool.pictures[~plain].tolist())
        self._left = {
            label: self.chance.permutation(self.pool.pictures[plain & (self.pool.labels == label)]).tolist()
            for label in (0, 1)
        }

    def take(self, count: int, label: int, *, marked: bool = False) -> list[str]:
        """The names of so many pictures; raises ValueError where too few are left."""
        fitting = [name for name in self._left[label] if (name in self._marked) or not marked]
        if not marked:  # what was looked at under every mark is rare
            fitting.sort(key=lambda name: name in self._marked)
        if len(fitting) < count:
            raise ValueError(f"only {len(fitting)} pictures of label {label} are left, not {count}")
        taken = set(fitting[:count])
        self._left[label] = [name for name in self._left[label] if name not in taken]
        return fitting[:count]

    def looks(self, names: list[str], cell: str = PLAIN) -> Embedded:
        """Those pictures in that cell."""
        return self.pool.rows(np.isin(self.pool.pictures, names) & (self.pool.cells == cell))

    def every_look(self, names: list[str]) -> Embedded:
        """Those pictures as a guard set sees them: every cell that is plain, a degradation or a canary."""
        cells = np.array([not cell.startswith("stamp:") for cell in self.pool.cells.tolist()])
        return self.pool.rows(np.isin(self.pool.pictures, names) & cells)

    def both(self, count: int, *, marked: bool = False) -> list[str]:
        """`count` pictures, half of each class."""
        return [name for label in (0, 1) for name in self.take(count // 2, label, marked=marked)]


def taught(looks: Embedded) -> Lessons:
    """By their true labels."""
    return Lessons.of(looks.vectors, looks.labels)
