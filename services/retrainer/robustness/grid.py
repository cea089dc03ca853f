"""The robustness grid: what each degradation costs a detector, and how often it changes its verdict."""

from collections.abc import Sequence
from dataclasses import dataclass

from numpy import float64
from numpy.typing import NDArray

from services.retrainer.data.samples import AI, HUMAN, Dataset
from services.retrainer.robustness.degrade import GRID, Degradation
from services.retrainer.robustness.detector import Detector
from services.retrainer.robustness.draws import Draws
from services.retrainer.robustness.sweep import CLEAN, swept
from services.retrainer.statistics.bootstrap import Interval, interval
from shared.errors import ConfigurationError


@dataclass(frozen=True, kw_only=True, slots=True)
class Cell:
    """A detector under one degradation; every interval draws owners anew.

    `drop`: AUROC of the clean pictures minus this one, on the same draws. `flips`: share of pictures whose verdict
    is not the clean one. `false_likely_ai` of human pictures, `found_likely_ai` of AI pictures.
    """

    name: str
    says: str
    auroc: Interval
    drop: Interval
    flips: Interval
    false_likely_ai: Interval
    found_likely_ai: Interval


@dataclass(frozen=True, kw_only=True, slots=True)
class Grid:
    """`cells` in the order of the degradations, `clean` apart; `base` names the pictures that were degraded."""

    detector: str
    base: str
    human: int
    ai: int
    owners: int
    clean: Cell
    cells: Sequence[Cell]

    @property
    def worst(self) -> Cell:
        """The cell with the greatest loss of AUROC."""
        return max(self.cells, key=lambda cell: cell.drop.value)


def measure(
    detector: Detector,
    dataset: Dataset,
    *,
    base: str = "matched",
    degradations: Sequence[Degradation] = GRID,
    seed: int = 0,
) -> Grid:
    """Judge every picture of `dataset` clean and under each degradation; `base` is one of BASES.

    Raises ConfigurationError where the data set lacks a class.
    """
    human, ai = (int((dataset.labels == label).sum()) for label in (HUMAN, AI))
    if not human or not ai:
        raise ConfigurationError(f"{dataset.name} has {human} human and {ai} AI pictures; the grid needs both")
    probabilities = swept(detector, dataset, degradations, base=base, seed=seed)
    draws = Draws.of(dataset.owners, dataset.labels, seed=seed)
    clean, *cells = (
        _cell(degradation, detector, probabilities[[0, row]], draws)
        for row, degradation in enumerate((CLEAN, *degradations))
    )
    owners = len(set(dataset.owners))
    return Grid(detector=detector.name, base=base, human=human, ai=ai, owners=owners, clean=clean, cells=cells)


def _cell(degradation: Degradation, detector: Detector, probabilities: NDArray[float64], draws: Draws) -> Cell:
    """`probabilities` [2, N]: clean and degraded."""
    before, after = detector.verdicts(probabilities)
    clean, degraded = (draws.roc_auc(row) for row in probabilities)
    return Cell(
        name=degradation.name,
        says=degradation.says,
        auroc=interval(degraded),
        drop=interval(clean - degraded),
        flips=interval(draws.mean(before != after)),
        false_likely_ai=interval(draws.mean(after == 1, draws.labels == HUMAN)),
        found_likely_ai=interval(draws.mean(after == 1, draws.labels == AI)),
    )
