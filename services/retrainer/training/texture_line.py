"""The line over texture statistics: counted once for all folds, fitted in seconds for each."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from sklearn.linear_model import LogisticRegression

from services.retrainer.data import matched
from services.retrainer.data.pictures import LIMITS
from services.retrainer.fitting.slice import Slice
from services.retrainer.networks.texture import Texture
from services.retrainer.networks.with_texture import FURTHEST, Line
from services.retrainer.statistics.calibrate import balanced
from shared.imaging.decode import decode

Floats = NDArray[np.float32]

LOOKS = 3
"""Windows of matched views of each picture that teach: what is judged. Looks as the network's crops beside them were
worth 0.002 of ROC AUC less where several tiles are read, and no steadier under colour and noise."""

CHUNK = 250
"""Pictures in one file of what was counted: what a slice of time may lose."""

INVERSE_PENALTY = 0.02
"""scikit-learn's C, on standardised statistics. For one tile a fifth of it is better, for the mean of several this."""

LEAST_SCALE = 0.003
"""Of a statistic: one that hardly varies must not turn rounding into evidence."""


def counted(pictures: Sequence[NDArray[np.uint8]], side: int, *, data: str, seed: int, slice_: Slice) -> Floats | None:
    """Statistics of LOOKS windows of `side` px of each picture, float32 [N, LOOKS, F]; None where the time ended.

    Every finished chunk lies in the run's folder, where the next slice of the same `data`, a SHA-256, finds it.
    """
    texture = Texture().eval()
    folder = slice_.run / f"texture-{data[:12]}-{seed}-{texture.fingerprint()[:8]}"
    folder.mkdir(parents=True, exist_ok=True)
    chunks = []
    for start in range(0, len(pictures), CHUNK):
        path = folder / f"{start}.npy"
        if not (path.exists() and slice_.resume):
            if slice_.left() <= 0:
                return None
            rows = range(start, min(start + CHUNK, len(pictures)))
            _write(path, np.stack([_statistics(texture, pictures[row], row, side, seed) for row in rows]))
            slice_.say(f"texture of {rows.stop:,} of {len(pictures):,} pictures")
        chunks.append(np.load(path, allow_pickle=False))
    return np.concatenate(chunks)


def fitted(statistics: Floats, labels: NDArray[np.uint8], owners: NDArray[np.str_]) -> Line:
    """By logistic regression on statistics [N, LOOKS, F]: classes weigh the same and, within a class, owners."""
    looks = statistics.shape[1]
    rows = statistics.reshape(-1, statistics.shape[2])
    centre, scale = rows.mean(0), np.maximum(rows.std(0), LEAST_SCALE)
    within = np.clip((rows - centre) / scale, -FURTHEST, FURTHEST)
    model = LogisticRegression(C=INVERSE_PENALTY, max_iter=300).fit(
        within, np.repeat(labels, looks), sample_weight=np.repeat(balanced(labels, owners, power=1), looks)
    )
    return Line(centre=centre, scale=scale, slope=model.coef_[0].astype(np.float32), bias=float(model.intercept_[0]))


def _statistics(texture: Texture, picture: NDArray[np.uint8], row: int, side: int, seed: int) -> Floats:
    """Chance comes from the picture's place alone."""
    crops = [_window(picture, side, np.random.default_rng([seed, row, look])) for look in range(LOOKS)]
    with torch.inference_mode():
        found: Floats = texture(torch.from_numpy(np.stack(crops))).numpy()
    return found


def _window(picture: NDArray[np.uint8], side: int, chance: np.random.Generator) -> NDArray[np.uint8]:
    """A random window of a matched view, uint8 [side, side, 3]; a small view is mirrored at its edges."""
    file = matched.view(Image.fromarray(picture), str(chance.integers(2**62)))
    view = np.asarray(decode(file, LIMITS).image)
    lacking = [max(0, side - length) for length in view.shape[:2]]
    view = np.pad(view, ((0, lacking[0]), (0, lacking[1]), (0, 0)), mode="symmetric")
    top, left = (int(chance.integers(0, length - side + 1)) for length in view.shape[:2])
    return view[top : top + side, left : left + side]


def _write(path: Path, chunk: Floats) -> None:
    """Whole or not at all."""
    partial = path.with_suffix(".partial")
    with partial.open("wb") as file:
        np.save(file, chunk)
    partial.replace(path)
