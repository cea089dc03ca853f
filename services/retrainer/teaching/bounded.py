"""Where a retrained version begins to say `likely_ai`: it may not accuse more of the same people than its champion."""

import numpy as np
from numpy.typing import NDArray

from services.retrainer.evaluation.thresholds import MILDEST

ACCUSED = 0.05
"""Whatever the champion does, no more of gold's human-made pictures than this."""

LEAST = 3
"""Pictures that may lie above, however few the champion accuses, or a single one that is mislabelled would set the
threshold. No picture of gold has more than two views: both together do not fill the room of three.
"""

HIGHEST = 0.999


def likely_ai(candidate: NDArray[np.floating], *, accused: float, pictures: int) -> float:
    """The threshold above which a share `accused` of human-made pictures lies, to whose views the candidate gave these
    probabilities, float [N], out of fold; `pictures` is how many pictures these views are of.

    Where that share is less than LEAST of the pictures, these; and never more than ACCUSED, nor a threshold below
    MILDEST, for "likely" is odds of four to one.

    With the share that the champion accuses of the same pictures: a sharper head under its champion's threshold passes
    more of everything over it, and a threshold chosen without the champion wavers by more than the gate allows.
    """
    found = np.quantile(candidate, 1 - min(ACCUSED, max(accused, LEAST / pictures)))
    return float(np.clip(found, MILDEST.likely_ai, HIGHEST))
