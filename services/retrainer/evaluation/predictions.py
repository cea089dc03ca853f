"""What a detector said of labelled images, and whose images they are: all that a judgement needs."""

from dataclasses import dataclass, fields
from typing import Self

import numpy as np
from numpy.typing import NDArray

from services.retrainer.data.samples import Dataset
from shared.domain.model_card import Calibration
from shared.scoring.calibration import probability

Floats = NDArray[np.float64]
Labels = NDArray[np.uint8]
Strings = NDArray[np.str_]


@dataclass(frozen=True, kw_only=True, slots=True)
class Predictions:
    """Of N images: `labels` uint8 [N], 1 for AI; `logits` float64 [N], calibrated log-odds, so that their sigmoid is
    the probability; `owners`, `kinds`, `generators` and `names`, str [N], "" where nothing is known.

    They may come from a version on disk or, out of fold, from the networks of a cross-validation.
    """

    labels: Labels
    logits: Floats
    owners: Strings
    kinds: Strings
    generators: Strings
    names: Strings

    def __post_init__(self) -> None:
        lengths = {field.name: len(getattr(self, field.name)) for field in fields(self)}
        if len(set(lengths.values())) != 1:
            raise ValueError(f"predictions differ in length: {lengths}")
        if not np.isfinite(self.logits).all():
            raise ValueError("predictions hold logits that are not finite")

    def __len__(self) -> int:
        return len(self.labels)

    @classmethod
    def of(cls, dataset: Dataset, logits: NDArray[np.floating]) -> Self:
        """`logits`, calibrated, float [N], of the samples of `dataset` in their order."""
        return cls(
            labels=dataset.labels,
            logits=np.asarray(logits, np.float64),
            owners=dataset.owners,
            kinds=np.array([sample.kind for sample in dataset.samples], np.str_),
            generators=np.array([sample.generator for sample in dataset.samples], np.str_),
            names=np.array([sample.name for sample in dataset.samples], np.str_),
        )

    @classmethod
    def from_probabilities(cls, dataset: Dataset, probabilities: Floats) -> Self:
        """Where only calibrated probabilities, float64 [N], are at hand; 0 and 1 become 1e-15 from there."""
        inside = np.clip(probabilities, 1e-15, 1 - 1e-15)
        return cls.of(dataset, np.log(inside) - np.log1p(-inside))

    @property
    def probabilities(self) -> Floats:
        """That each is AI-generated, float64 [N] in [0, 1]."""
        return probability(self.logits, Calibration())

    @property
    def human(self) -> NDArray[np.bool_]:
        return self.labels == 0

    @property
    def ai(self) -> NDArray[np.bool_]:
        return self.labels == 1

    def where(self, chosen: NDArray[np.bool_]) -> Self:
        """Those for which `chosen`, bool [N], holds."""
        return type(self)(**{field.name: getattr(self, field.name)[chosen] for field in fields(self)})
