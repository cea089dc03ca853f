"""How far is far: the distance beyond which a picture is unlike anything that was measured."""

from pathlib import Path

import numpy as np
from safetensors.numpy import load_file

from services.retrainer.domains.fit import Floats, LeftOut, Strings
from shared.scoring.domains import Range

FLAGGED = 0.01
"""Of real pictures of owners left out, so many are beyond it."""

LEARNT = 0.1
"""What a learnt number counts beside one of the fixed texture statistics, which see the flat and the printed best:
docs/experiments.md."""


def reach_of(directory: Path, size: int) -> Floats:
    """How much each of the `size` numbers of a version's embedding counts, float32 [D]."""
    weights = directory / "model.safetensors"
    counted = load_file(weights).get("standard.centre", np.empty(0)) if weights.exists() else np.empty(0)
    reach = np.ones(size, np.float32)
    if len(counted):
        reach[: size - len(counted)] = LEARNT
    return reach / reach.sum()


def measured(left_out: LeftOut, vectors: Floats, owners: Strings, reach: Floats) -> Range:
    """By the distances of `vectors`, float32 [N, D], from what was known without their `owners`."""
    unbound = Range(reach=reach, farthest=np.inf)
    far = np.empty(len(vectors), np.float32)
    fold = np.array([left_out.fold_of[owner] for owner in owners.tolist()], np.int64)
    for number, telling in enumerate(left_out.parts):
        far[fold == number] = unbound.distances(telling.standard(vectors[fold == number]))
    return Range(reach=reach, farthest=float(np.quantile(far, 1 - FLAGGED)))
