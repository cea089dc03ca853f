"""What a fixed layer reads in windows of matched views: once for all folds, in chunks that outlive a slice of time."""

import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from services.retrainer.data import matched
from services.retrainer.data.pictures import LIMITS
from services.retrainer.fitting.slice import Slice
from shared.imaging.decode import decode

Pixels = NDArray[np.uint8]
Floats = NDArray[np.float32]
Read = Callable[[Pixels], Floats]
"""Windows uint8 [LOOKS, side, side, 3] to float32 [LOOKS, F]."""

LOOKS = 3
"""Windows of matched views of each picture that teach: what is judged. Looks as the network's crops beside them were
worth 0.002 of ROC AUC less where several tiles are read, and no steadier under colour and noise."""

CHUNK = 250
"""Pictures in one file of what was read."""

SPENT = "seconds.txt"


def read_all(
    pictures: Sequence[Pixels], side: int, read: Read, *, what: str, folder: Path, seed: int, slice_: Slice
) -> Floats | None:
    """What `read` makes of LOOKS windows of `side` px of each picture, float32 [N, LOOKS, F]; None where time ended.

    Every finished chunk lies in `folder`, where the next slice finds it; the slice says how much of `what` is done.
    """
    folder.mkdir(parents=True, exist_ok=True)
    if not slice_.resume:
        (folder / SPENT).unlink(missing_ok=True)
    chunks = []
    for start in range(0, len(pictures), CHUNK):
        path = folder / f"{start}.npy"
        if not (path.exists() and slice_.resume):
            if slice_.left() <= 0:
                return None
            rows, began = range(start, min(start + CHUNK, len(pictures))), time.monotonic()
            _write(path, np.stack([read(_windows(pictures[row], row, side, seed)) for row in rows]))
            with (folder / SPENT).open("a", encoding="ascii") as file:
                file.write(f"{time.monotonic() - began:.1f}\n")
            slice_.say(f"{what} of {rows.stop:,} of {len(pictures):,} pictures")
        chunks.append(np.load(path, allow_pickle=False))
    return np.concatenate(chunks)


def minutes(folder: Path) -> float:
    """Spent in all slices on what lies in `folder`."""
    return sum(map(float, (folder / SPENT).read_text(encoding="ascii").split())) / 60


def _windows(picture: Pixels, row: int, side: int, seed: int) -> Pixels:
    """Chance comes from the picture's place alone."""
    return np.stack([_window(picture, side, np.random.default_rng([seed, row, look])) for look in range(LOOKS)])


def _window(picture: Pixels, side: int, chance: np.random.Generator) -> Pixels:
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
