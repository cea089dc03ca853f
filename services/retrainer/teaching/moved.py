"""Embeddings of a network that was since moved a little, as the moved one would give them."""

from dataclasses import replace

import numpy as np

from services.retrainer.versions.embedded import Embedded

RIDGE = 0.1
"""Of the penalty on how far the map is from leaving everything as it is, for a mean row of one deviation."""


def carried_over(old: Embedded, before: Embedded, after: Embedded) -> Embedded:
    """`old` under the ridge regression of what moved, fitted on rows known to both networks, `before` and `after`.

    Good for replay, where being near is enough; not for judging.
    """
    centre, scale = before.vectors.mean(0), np.maximum(before.vectors.std(0), 1e-6)
    inputs = ((before.vectors - centre) / scale).astype(np.float64)
    moves = (after.vectors - before.vectors).astype(np.float64)
    shift = moves.mean(0)
    gram = inputs.T @ inputs + RIDGE * len(inputs) * np.eye(inputs.shape[1])
    slope = np.linalg.solve(gram, inputs.T @ (moves - shift))
    moved = old.vectors + ((old.vectors - centre) / scale) @ slope + shift
    return replace(old, vectors=moved.astype(np.float32))
