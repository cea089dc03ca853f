"""Whether a probability means what it says, at prior odds of one."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from services.retrainer.evaluation.predictions import Labels, Predictions
from services.retrainer.statistics.bootstrap import Interval, Weights, interval
from services.retrainer.statistics.calibrate import balanced, line
from services.retrainer.statistics.metrics import BINS, expected_calibration_error
from shared.domain.interval import wilson

Floats = NDArray[np.float64]

SIMULATIONS = 500
LINES = 300
"""Draws on which slope and intercept are fitted: each takes several passes over all images."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Bin:
    """The images with probabilities from `low` to `high`: their mean `probability` and the `share` of AI among them,
    both classes weighing the same.
    """

    low: float
    high: float
    images: int
    probability: float
    share: Interval


@dataclass(frozen=True, kw_only=True, slots=True)
class Reliability:
    """`slope` and `intercept` of the logistic regression of the label on the calibrated log-odds: 1 and 0 for a
    perfect model (Cox 1958). `error` is the expected calibration error over 15 bins; `floor` is the mean that a
    perfect model shows on so many images, and `floor_high` what it exceeds in one of twenty.
    """

    slope: Interval
    intercept: Interval
    error: float
    floor: float
    floor_high: float
    bins: Sequence[Bin]

    def document(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "slope": self.slope.document(),
            "intercept": self.intercept.document(),
            "expected_calibration_error": round(self.error, 6),
            "floor": round(self.floor, 6),
            "floor_high": round(self.floor_high, 6),
            "bins": [{**asdict(bin_), "share": bin_.share.document()} for bin_ in self.bins],
        }


def reliability(predictions: Predictions, weights: Weights, *, seed: int = 0) -> Reliability:
    """`weights` are draws of owners, [1 + draws, N]; both classes must be present."""
    alike = balanced(predictions.labels)
    slopes, intercepts = line(predictions.logits, predictions.labels.astype(np.float64), weights[: 1 + LINES] * alike)
    floors = _floors(predictions.probabilities, alike, np.random.default_rng(seed))
    return Reliability(
        slope=interval(slopes),
        intercept=interval(intercepts),
        error=calibration_error(predictions.labels, predictions.probabilities, alike),
        floor=float(floors.mean()),
        floor_high=float(np.quantile(floors, 0.95)),
        bins=_bins(predictions, alike),
    )


def calibration_error(labels: Labels, probabilities: Floats, weights: Floats) -> float:
    """Expected calibration error over 15 bins with images weighing as `weights`, float64 [N], say."""
    gaps = np.bincount(_bin_of(probabilities), weights * (probabilities - labels), BINS)
    return float(np.abs(gaps).sum() / weights.sum())


def _floors(probabilities: Floats, weights: Floats, chance: np.random.Generator) -> Floats:
    """The calibration errors of a model whose probabilities are these and true, [SIMULATIONS]."""
    share = weights / weights.sum()
    errors = np.empty(SIMULATIONS)
    for index in range(SIMULATIONS):
        drawn = chance.choice(probabilities, len(probabilities), p=share)
        labels = (chance.random(len(drawn)) < drawn).astype(np.uint8)
        errors[index] = expected_calibration_error(labels, drawn)
    return errors


def _bins(predictions: Predictions, weights: Floats) -> list[Bin]:
    bin_of = _bin_of(predictions.probabilities)
    sizes = np.bincount(bin_of, minlength=BINS)
    sums = np.bincount(bin_of, weights, BINS)
    ai = np.bincount(bin_of, weights * predictions.labels, BINS)
    probability = np.bincount(bin_of, weights * predictions.probabilities, BINS)
    return [
        Bin(
            low=index / BINS,
            high=(index + 1) / BINS,
            images=int(sizes[index]),
            probability=float(probability[index] / sums[index]),
            share=_share(float(ai[index] / sums[index]), int(sizes[index])),
        )
        for index in np.flatnonzero(sizes)
    ]


def _share(value: float, images: int) -> Interval:
    low, high = wilson(value * images, images)
    return Interval(value=value, low=low, high=high)


def _bin_of(probabilities: Floats) -> NDArray[np.intp]:
    return np.minimum((probabilities * BINS).astype(np.intp), BINS - 1)
