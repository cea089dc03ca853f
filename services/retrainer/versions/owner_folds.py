"""Folds over the owners of embedded pictures: what is said of them by what never saw them."""

import numpy as np
from numpy.typing import NDArray

from services.retrainer.data.samples import Dataset, Sample
from services.retrainer.data.split import folds
from services.retrainer.versions.embedded import Embedded

FOLDS = 5
LEAST_FOLDS = 2


def owner_folds(gold: Embedded) -> NDArray[np.int64] | None:
    """The fold of each row, int64 [N]: every owner in one, as many as there are owners of either class for, up to
    FOLDS. None where there are not even two.
    """
    of_class = [len(set(gold.owners[gold.labels == label])) for label in (0, 1)]
    count = min(FOLDS, *of_class)
    if count < LEAST_FOLDS:
        return None
    rows = zip(gold.labels.tolist(), gold.owners.tolist(), gold.kinds.tolist(), strict=True)
    samples = [
        Sample(name=str(row), label=label, owner=owner, kind=kind, read=bytes)
        for row, (label, owner, kind) in enumerate(rows)
    ]
    return folds(Dataset("gold", samples), count, seed=0)
