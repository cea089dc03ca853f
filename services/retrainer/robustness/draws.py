"""Owners drawn anew once for a whole study, so that all its figures and their differences are paired."""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from services.retrainer.statistics.bootstrap import Values, Weights, means, resamples, roc_aucs


@dataclass(frozen=True, kw_only=True, slots=True)
class Draws:
    """`weights` [1 + draws, N] as `resamples` gives them, with the `owners` and `labels` [N] that they were drawn by.

    What the methods give has a value for each row: nan in all but the first where the pictures are of one owner, for
    drawing that owner again and again would look like certainty.
    """

    owners: NDArray[np.str_]
    labels: NDArray[np.uint8]
    weights: Weights

    @classmethod
    def of(cls, owners: NDArray[np.str_], labels: NDArray[np.uint8], *, seed: int = 0) -> Self:
        return cls(owners=owners, labels=labels, weights=resamples(owners, labels, seed=seed))

    def where(self, chosen: NDArray[np.bool_]) -> Self:
        return type(self)(owners=self.owners[chosen], labels=self.labels[chosen], weights=self.weights[:, chosen])

    def mean(self, values: NDArray[np.float64 | np.bool_], among: NDArray[np.bool_] | None = None) -> Values:
        """Of `values` [N] over those pictures, or over all; of bools the share that is true."""
        chosen = np.ones(len(values), np.bool_) if among is None else among
        return self._wary(means(values.astype(np.float64), chosen, self.weights), chosen)

    def roc_auc(self, scores: Values) -> Values:
        """Of `scores` [N]."""
        return self._wary(roc_aucs(self.labels, scores, self.weights), self.labels == 0, self.labels == 1)

    def _wary(self, values: Values, *groups: NDArray[np.bool_]) -> Values:
        if any(len(np.unique(self.owners[group])) == 1 for group in groups):
            values[1:] = np.nan
        return values
