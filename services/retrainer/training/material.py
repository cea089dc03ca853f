"""The pictures that a run trains and is judged on, with the fold in which the owner of each is left out."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from services.retrainer.data.samples import Dataset
from services.retrainer.training.input_spec import SPEC
from shared.domain.model_card import InputSpec

FINAL = "final"
"""The part that trains on all owners; the others are `fold-0`, …"""


@dataclass(frozen=True, kw_only=True, slots=True)
class Material:
    """Decoded pictures, each uint8 [H, W, 3], with the fold of each, int64 [N], and how a network reads them."""

    dataset: Dataset
    pictures: list[NDArray[np.uint8]]
    folds: NDArray[np.int64]
    sha256: str
    spec: InputSpec = SPEC

    def left_out(self, part: str) -> NDArray[np.bool_]:
        """Which pictures `part` never sees."""
        return self.folds == (-1 if part == FINAL else int(part.removeprefix("fold-")))

    def without(self, part: str) -> NDArray[np.intp]:
        """The rows that `part` trains on."""
        return np.flatnonzero(~self.left_out(part))
