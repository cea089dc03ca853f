"""How often a head is right about a domain: its confusion matrix on owners that it never saw."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from services.retrainer.domains.labels import TOLD
from services.retrainer.statistics.bootstrap import Weights, interval, resamples, shares
from shared.domain.domains import Domain

Strings = NDArray[np.str_]


@dataclass(frozen=True, kw_only=True, eq=False)
class Judged:
    """Of N looks at pictures: the domains that they are, `truths`, and those that a head which never saw the owner took
    them for, `said`; `lanes` and the numbers of `owners`, [N].
    """

    truths: Strings
    said: Strings
    lanes: Strings
    owners: NDArray[np.int32]

    def __post_init__(self) -> None:
        if len({len(array) for array in (self.truths, self.said, self.lanes, self.owners)}) != 1:
            raise ValueError("truths, said, lanes and owners must all be [N]")

    def rows(self, chosen: NDArray[np.bool_]) -> "Judged":
        """Those of them."""
        return Judged(
            truths=self.truths[chosen], said=self.said[chosen], lanes=self.lanes[chosen], owners=self.owners[chosen]
        )


def confusion(judged: Judged) -> dict[str, Any]:
    """For the card: `counts` by truth and by what was said, both in the order of `names`; of each domain how much was
    recalled and how much of what was so named is right, where there is any, with intervals by owners; and the mean of
    the recalls.

    Looks whose truth nobody said are left out.
    """
    judged = judged.rows(judged.truths != "")
    names = [domain.value for domain in Domain]
    truths, said = ([name for name in names if name in each] for each in (set(judged.truths), set(judged.said)))
    counts = [[int(((judged.truths == truth) & (judged.said == said)).sum()) for said in names] for truth in names]
    weights = resamples(judged.owners.astype(np.str_), np.zeros(len(judged.owners), np.uint8))
    right = judged.truths == judged.said
    return {
        "pictures": len(right),
        "owners": len(np.unique(judged.owners)),
        "names": names,
        "counts": counts,
        "recall": {name: _share(judged, right, judged.truths == name, weights) for name in truths},
        "precision": {name: _share(judged, right, judged.said == name, weights) for name in said},
        "macro_recall": _macro(judged, right, weights),
        "named": _share(judged, judged.said != Domain.OTHER.value, np.ones(len(right), np.bool_), weights),
        "right_where_named": _share(judged, right, judged.said != Domain.OTHER.value, weights),
    }


def _share(judged: Judged, right: NDArray[np.bool_], among: NDArray[np.bool_], weights: Weights) -> dict[str, Any]:
    owners = len(np.unique(judged.owners[among]))
    found = interval(shares(right, among, weights)).document()
    return {**found, "n": int(among.sum()), "owners": owners}


def _macro(judged: Judged, right: NDArray[np.bool_], weights: Weights) -> dict[str, Any]:
    """Over the domains that there are pictures of; in a draw of owners, over those that it holds."""
    there = [name.value for name in TOLD if (judged.truths == name.value).any()]
    recalls = np.array([shares(right, judged.truths == name, weights) for name in there])
    return {**interval(np.nanmean(recalls, axis=0)).document(), "domains": len(there)}
