"""Temperature and bias of the logit, fitted on images that neither trained the network nor chose it."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from shared.domain.model_card import Calibration, Tier
from shared.errors import ConfigurationError
from shared.scoring.calibration import probability

Floats = NDArray[np.float64]
Labels = NDArray[np.uint8]

LEAST = 100
"""Images of each class that a tier needs for a calibration of its own."""


def calibrate(logits: NDArray[np.floating], labels: Labels, owners: NDArray[np.str_] | None = None) -> Calibration:
    """The Calibration with the greatest likelihood where both classes weigh the same (prior odds of one).

    Platt's logistic regression with his smoothed targets (1999), by Newton's method; temperature as in Guo et
    al. (ICML 2017). With `owners`, str [N], an owner counts as the root of their images, so that none dominates.
    Raises ConfigurationError where larger logits do not mean AI: the network learned nothing, or the wrong way round.
    """
    ai = labels == 1
    weights = balanced(labels, owners)
    sizes = _effective(weights, labels)
    targets = np.where(ai, (sizes[1] + 1) / (sizes[1] + 2), 1 / (sizes[0] + 2))
    (slope,), (bias,) = line(logits.astype(np.float64), targets, weights[np.newaxis])
    if not slope > 0:
        raise ConfigurationError(
            "the network's logits do not rise with the share of AI images: train longer, and check that the labels of "
            "human and AI images are not swapped"
        )
    return Calibration(temperature=1 / float(slope), bias=float(bias))


def calibrate_by_tier(
    logits: NDArray[np.floating],
    labels: Labels,
    short_sides: NDArray[np.integer],
    bounds: Sequence[int],
    owners: NDArray[np.str_] | None = None,
) -> tuple[Tier, ...]:
    """A calibration for the images up to each of `bounds`, rising short sides in px, and one for those above.

    `short_sides`, int [N], are of the images as submitted. A tier with fewer than LEAST images of a class shares
    the calibration of all. Raises ConfigurationError as `calibrate` does, for one tier too.
    """
    whole = calibrate(logits, labels, owners)
    tiers = np.searchsorted(bounds, short_sides)

    def fitted(tier: int) -> Calibration:
        chosen = tiers == tier
        if np.bincount(labels[chosen], minlength=2).min() < LEAST:
            return whole
        return calibrate(logits[chosen], labels[chosen], None if owners is None else owners[chosen])

    return tuple(Tier(max_short_side=bound, calibration=fitted(tier)) for tier, bound in enumerate((*bounds, None)))


def balanced(labels: Labels, owners: NDArray[np.str_] | None = None, *, power: float = 0.5) -> Floats:
    """Weights, float64 [N] of mean one: both classes the same, and in a class an owner of n images n^(1 - power)."""
    weights = np.ones(len(labels))
    for label in np.unique(labels):
        rows = labels == label
        if owners is not None:
            _, member, counts = np.unique(owners[rows], return_inverse=True, return_counts=True)
            weights[rows] = (1 / counts**power)[member]
        weights[rows] *= len(labels) / (2 * weights[rows].sum())
    return weights


def line(inputs: Floats, targets: Floats, weights: NDArray[np.floating]) -> tuple[Floats, Floats]:
    """Slope and intercept, [B] each, of the logistic regression of `targets` on `inputs`, float64 [N], under each
    row of `weights` [B, N]; without penalty. nan where a row has no finite answer.
    """
    slope, bias = np.zeros(len(weights)), np.zeros(len(weights))
    with np.errstate(all="ignore"):
        for _ in range(100):
            predicted = probability(slope[:, None] * inputs + bias[:, None], Calibration())
            steps = _newton(inputs, weights * (predicted - targets), weights * predicted * (1 - predicted))
            slope, bias = slope - steps[0], bias - steps[1]
            if not np.nanmax(np.abs(steps), initial=0) >= 1e-9:
                break
    return slope, bias


def _newton(inputs: Floats, error: Floats, curvature: Floats) -> Floats:
    """The steps of slope and intercept, [2, B]."""
    a, b, c = curvature @ inputs**2, curvature @ inputs, curvature.sum(1)
    along, across = error @ inputs, error.sum(1)
    step: Floats = np.stack([c * along - b * across, a * across - b * along]) / (a * c - b * b)
    return step


def _effective(weights: Floats, labels: Labels) -> Floats:
    """How many images of equal weight know as much as each class does (Kish 1965), [2]."""
    sums = np.bincount(labels, weights, minlength=2)
    effective: Floats = sums**2 / np.bincount(labels, weights**2, minlength=2)
    return effective
