"""`domains.npz` of a version: made here, read by `shared.scoring.domains`.

Beside what serving reads it holds what the card's figures were counted from, the `judged_` arrays: of each picture the
domain that it is, the one that a head took it for which never saw its owner, and that owner's number.
"""

import io
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

from shared.scoring.domains import Domains
from shared.scoring.records import Records

Strings = NDArray[np.str_]


@dataclass(frozen=True, kw_only=True, eq=False)
class Judged:
    """Of N pictures: `truths` and what each was taken for, `said`, domains [N]; `owners`, numbers [N]."""

    truths: Strings
    said: Strings
    owners: NDArray[np.int32]

    @classmethod
    def load(cls, path: Path) -> Self:
        with np.load(path, allow_pickle=False) as file:
            return cls(truths=file["judged_truths"], said=file["judged_said"], owners=file["judged_owners"])


def written(domains: Domains, judged: Judged) -> bytes:
    """The file; the same bytes for the same numbers."""
    file = io.BytesIO()
    np.savez_compressed(
        file,
        allow_pickle=False,
        names=np.array([name.value for name in domains.head.names]),
        centre=domains.standard.centre,
        scale=domains.standard.scale,
        bound=np.float32(domains.standard.bound),
        weight=domains.head.weight,
        bias=domains.head.bias,
        least=domains.head.least,
        farthest=np.float32(domains.farthest),
        record_lanes=domains.records.lanes,
        record_domains=domains.records.domains,
        record_owners=domains.records.owners,
        record_scores=domains.records.scores,
        judged_truths=judged.truths,
        judged_said=judged.said,
        judged_owners=judged.owners,
    )
    return file.getvalue()


def numbered(owners: Strings) -> NDArray[np.int32]:
    """A number for each name, [N]: who they are need not travel."""
    return np.unique(owners, return_inverse=True)[1].astype(np.int32)


def recorded(
    *,
    lanes: Strings,
    domains: Strings,
    owners: Strings,
    scores: NDArray[np.floating],
    human: NDArray[np.bool_],
) -> Records:
    """Of the rows that are by people."""
    return Records(
        lanes=lanes[human],
        domains=domains[human],
        owners=numbered(owners[human]),
        scores=scores[human].astype(np.float32),
    )
