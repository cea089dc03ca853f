"""From a network's logit to the probability that an image is AI-generated."""

import numpy as np
from numpy.typing import NDArray

from shared.domain.model_card import Calibration


def probability(logits: NDArray[np.floating], calibration: Calibration) -> NDArray[np.float64]:
    """sigmoid(logit / temperature + bias), in [0, 1] and of the shape of `logits`.

    Platt (1999) with the slope written as a temperature (Guo et al., "On Calibration of Modern Neural
    Networks", ICML 2017). `logaddexp` overflows for no finite logit, where exp(-z) would.
    """
    z = np.asarray(logits, np.float64) / calibration.temperature + calibration.bias
    return np.exp(-np.logaddexp(0.0, -z))
