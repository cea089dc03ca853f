"""How unlike all gold a picture looks to the network: far outliers are set aside, whatever their score says."""

from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray
from sklearn.covariance import ledoit_wolf

from services.retrainer.versions.embedded import PLAIN, Embedded

Vectors = NDArray[np.floating]

FEWEST = 20
"""Gold pictures below which no distance means anything."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Familiarity:
    """Mahalanobis distances to gold. `mean` float64 [D]; `whitening` float64 [D, D]; beyond `limit` is an outlier."""

    mean: NDArray[np.float64]
    whitening: NDArray[np.float64]
    limit: float

    @classmethod
    def of(cls, vectors: Vectors, *, quantile: float, pictures: NDArray[np.str_] | None = None) -> Self | None:
        """Of gold, float [N, D], `pictures`, str [N], saying which rows are of one picture; None for too little of it.

        The covariance is shrunk as Ledoit & Wolf (2004) say, for D is not small beside N. It comes from half of the
        pictures, and `limit`, the `quantile` of the distances, from the other half: those that shaped it lie nearer.
        """
        names = np.arange(len(vectors)).astype(str) if pictures is None else pictures
        _, member = np.unique(names, return_inverse=True)
        if len(vectors) == 0 or member.max() + 1 < FEWEST:
            return None
        fitted = vectors[member % 2 == 0].astype(np.float64)
        covariance, _ = ledoit_wolf(fitted)
        values, axes = np.linalg.eigh(covariance)
        # A direction in which gold does not vary at all says nothing of how far is far.
        scale = np.where(values > values.max() * 1e-9, 1 / np.sqrt(np.maximum(values, 1e-300)), 0)
        made = cls(mean=fitted.mean(0), whitening=axes * scale, limit=np.inf)
        held_out = made.distances(vectors[member % 2 == 1])
        return cls(mean=made.mean, whitening=made.whitening, limit=float(np.quantile(held_out, quantile)))

    @classmethod
    def of_version(cls, directory: Path, *, quantile: float) -> Self | None:
        """Of the gold that travels with a version, as it is seen without degradation; None where there is none.

        Raises ValueError or KeyError for a `gold.npz` that is no such set.
        """
        file = directory / "gold.npz"
        if not file.is_file():
            return None
        gold = Embedded.load(file)
        plain = gold.rows(gold.cells == PLAIN)
        return cls.of(plain.vectors, quantile=quantile, pictures=plain.pictures)

    def distances(self, vectors: Vectors) -> NDArray[np.float64]:
        """Of float [N, D], as float64 [N]."""
        return np.linalg.norm((vectors.astype(np.float64) - self.mean) @ self.whitening, axis=1)
