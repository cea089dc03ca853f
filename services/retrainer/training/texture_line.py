"""The line over texture statistics: counted once for all folds, fitted in seconds for each."""

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from services.retrainer.fitting.slice import Slice
from services.retrainer.networks.texture import Texture
from services.retrainer.networks.with_texture import FURTHEST, Line
from services.retrainer.statistics.calibrate import balanced
from services.retrainer.training.windows import Floats, Pixels, read_all

INVERSE_PENALTY = 0.02
"""scikit-learn's C, on standardised statistics. For one tile a fifth of it is better, for the mean of several this."""

LEAST_SCALE = 0.003
"""Of a statistic: one that hardly varies must not turn rounding into evidence."""


def counted(pictures: Sequence[Pixels], side: int, *, data: str, seed: int, slice_: Slice) -> Floats | None:
    """Statistics of windows of `side` px of each picture, float32 [N, LOOKS, F]; None where the time ended.

    What another slice counted of the same `data`, a SHA-256, is taken over.
    """
    texture = Texture().eval()

    def statistics(windows: Pixels) -> Floats:
        with torch.inference_mode():
            found: Floats = texture(torch.from_numpy(windows)).numpy()
        return found

    folder = slice_.run / f"texture-{data[:12]}-{seed}-{texture.fingerprint()[:8]}"
    return read_all(pictures, side, statistics, what="texture", folder=folder, seed=seed, slice_=slice_)


def fitted(
    statistics: Floats, labels: NDArray[np.uint8], owners: NDArray[np.str_], *, furthest: float = FURTHEST
) -> Line:
    """By logistic regression on statistics [N, LOOKS, F], in deviations from their mean, none beyond `furthest`:
    classes weigh the same and, within a class, owners.
    """
    looks = statistics.shape[1]
    rows = statistics.reshape(-1, statistics.shape[2])
    centre, scale = rows.mean(0), np.maximum(rows.std(0), LEAST_SCALE)
    within = np.clip((rows - centre) / scale, -furthest, furthest)
    model = LogisticRegression(C=INVERSE_PENALTY, max_iter=300).fit(
        within, np.repeat(labels, looks), sample_weight=np.repeat(balanced(labels, owners, power=1), looks)
    )
    return Line(centre=centre, scale=scale, slope=model.coef_[0].astype(np.float32), bias=float(model.intercept_[0]))
