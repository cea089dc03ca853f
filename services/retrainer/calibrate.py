"""Temperature and bias of the logit, fitted on images that neither trained the network nor chose it."""

import numpy as np
from numpy.typing import NDArray

from shared.domain.model_card import Calibration
from shared.scoring.calibration import probability


def calibrate(logits: NDArray[np.floating], labels: NDArray[np.uint8]) -> Calibration:
    """The Calibration with the greatest likelihood where both classes weigh the same (prior odds of one).

    Platt's logistic regression with his smoothed targets (1999), by Newton's method; temperature as in Guo et
    al. (ICML 2017). Raises ValueError where larger logits do not mean AI.
    """
    ai = labels == 1
    counts = np.array([(~ai).sum(), ai.sum()])
    targets = np.where(ai, (counts[1] + 1) / (counts[1] + 2), 1 / (counts[0] + 2))
    weights = np.where(ai, 0.5 / counts[1], 0.5 / counts[0])
    inputs = np.stack([logits.astype(np.float64), np.ones(len(logits))], axis=1)
    slope_and_bias = np.zeros(2)
    for _ in range(100):
        predicted = probability(inputs @ slope_and_bias, Calibration())
        gradient = inputs.T @ (weights * (predicted - targets))
        hessian = (inputs.T * (weights * predicted * (1 - predicted))) @ inputs
        step = np.linalg.solve(hessian, gradient)
        slope_and_bias -= step
        if np.abs(step).max() < 1e-9:
            break
    slope, bias = slope_and_bias.tolist()
    if slope <= 0:
        raise ValueError("the network's logits do not rise with the share of AI images; nothing to calibrate")
    return Calibration(temperature=1 / slope, bias=bias)
