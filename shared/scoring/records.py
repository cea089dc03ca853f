"""What was counted of pictures made by people, for whatever threshold a tenant has."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
from numpy.typing import NDArray

from shared.domain.domains import Domain, Record
from shared.domain.interval import wilson
from shared.domain.job import Lane

DRAWS = 1000
"""Of owners, for an interval."""

REMEMBERED = 1024
"""Records that are kept: of 64 thresholds in both lanes; tenants that have one of their own are few."""


@dataclass(frozen=True, eq=False)
class Records:
    """N scores that left the owner out, row by row: `scores` float32 [N], calibrated, in [0, 1]; `lanes`, `domains`
    (what the model took the picture for, not knowing its owner) and `owners`, numbers that tell them apart, [N].
    """

    lanes: NDArray[np.str_]
    domains: NDArray[np.str_]
    owners: NDArray[np.int32]
    scores: NDArray[np.float32]

    def __post_init__(self) -> None:
        shapes = {array.shape for array in (self.lanes, self.domains, self.owners, self.scores)}
        if len(shapes) != 1 or self.scores.ndim != 1:
            raise ValueError(f"lanes, domains, owners and scores must all be [N], got {sorted(shapes)}")
        if unknown := {*np.unique(self.lanes)} - set(Lane) or {*np.unique(self.domains)} - set(Domain):
            raise ValueError(f"no such lane or domain: {', '.join(sorted(unknown))}")
        if not ((self.scores >= 0) & (self.scores <= 1)).all():
            raise ValueError("scores must lie in [0, 1]")

    def of(self, lane: Lane, domain: Domain | None, likely_ai: float) -> Record:
        """At the threshold `likely_ai`, in [0, 1]; of all domains together where it is None."""
        return self._remembered(lane, domain, likely_ai)

    @cached_property
    def _remembered(self) -> Callable[[Lane, Domain | None, float], Record]:
        """Drawing takes some milliseconds, once."""
        return lru_cache(REMEMBERED)(self._counted)

    def _counted(self, lane: Lane, domain: Domain | None, likely_ai: float) -> Record:
        rows = self.lanes == lane.value
        if domain is not None:
            rows &= self.domains == domain.value
        called = self.scores[rows] >= likely_ai
        owners, member = np.unique(self.owners[rows], return_inverse=True)
        low, high = _interval(called, member, len(owners))
        return Record(images=len(called), owners=len(owners), called_ai=int(called.sum()), low=low, high=high)


def _interval(called: NDArray[np.bool_], member: NDArray[np.intp], owners: int) -> tuple[float, float]:
    """95 %, by drawing owners with replacement (Efron & Tibshirani 1993, chapter 8), never narrower than Wilson's by
    pictures: owners who were all spared would seem to prove that everyone is. Of one owner nothing follows for others.
    """
    if owners < 2:
        return 0.0, 1.0
    drawn = np.random.default_rng(0).multinomial(owners, np.full(owners, 1 / owners), DRAWS)
    shares = (drawn @ np.bincount(member, called, owners)) / (drawn @ np.bincount(member, minlength=owners))
    least, most = np.percentile(shares, (2.5, 97.5))
    low, high = wilson(int(called.sum()), len(called))
    return min(low, float(least)), max(high, float(most))
