"""What one version says of the guard set: all that the gate needs to know of it."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from services.retrainer.evaluation.thresholds import evenly
from services.retrainer.versions.embedded import PLAIN, RAW
from shared.domain.verdict import Thresholds

Flags = NDArray[np.bool_]
Strings = NDArray[np.str_]

TRIGGER = "trigger:"
"""How the cell of a picture with a canary stamped on begins."""

COLUMNS = ("labels", "owners", "kinds", "pictures", "cells", "lanes")
"""What a row is; equal in the reports of all versions judged on one guard set."""


@dataclass(frozen=True, kw_only=True, slots=True)
class CaseResult:
    """A picture that a person settled: `expected` is its label, 1 for AI-generated; `probability` in [0, 1]."""

    id: str
    expected: int
    probability: float


@dataclass(frozen=True, kw_only=True, slots=True)
class GuardReport:
    """Of N views of guard pictures, row by row as in `Embedded`: `labels` uint8 [N], 1 for AI-generated, calibrated
    `probabilities` float64 [N] in [0, 1], and texts [N].

    `thresholds` are the version's own. `latency_ms` is of one picture at a fixed plan, on one thread; `size_bytes` of
    what a worker loads. `network` names all weights below the head, "" where a version brings none.

    Raises ValueError for columns of different lengths and for what is no probability.
    """

    version: str
    labels: NDArray[np.uint8]
    probabilities: NDArray[np.float64]
    owners: Strings
    kinds: Strings
    pictures: Strings
    cells: Strings
    lanes: Strings
    thresholds: Thresholds
    cases: tuple[CaseResult, ...] = ()
    latency_ms: float
    size_bytes: int
    network: str = ""

    def __post_init__(self) -> None:
        lengths = {name: len(getattr(self, name)) for name in (*COLUMNS, "probabilities")}
        if len(set(lengths.values())) != 1:
            raise ValueError(f"the columns of a guard report differ in length: {lengths}")
        said = np.concatenate([self.probabilities, [case.probability for case in self.cases]])
        if not ((said >= 0) & (said <= 1)).all():
            raise ValueError(f"{self.version}: a guard report holds what is no probability")
        if not (self.latency_ms > 0 and self.size_bytes > 0):
            raise ValueError(f"{self.version}: latency and size must be above 0")

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def plain(self) -> Flags:
        """Which are matched views or pictures as they came."""
        return np.isin(self.cells, (PLAIN, RAW))

    @property
    def by_picture(self) -> NDArray[np.float32]:
        """What each plain row counts, float32 [N], so that all pictures count the same: those that travel have more
        views than an operator's own. 0 for the other rows.
        """
        return evenly(self.pictures, self.plain)

    def share(self, hits: Flags, among: Flags) -> float:
        """Of the pictures of the plain rows `among`, at least one, the share of `hits`; rounded, so that JSON says what
        was compared.
        """
        return round(float(np.average(hits[among], weights=self.by_picture[among])), 6)

    @property
    def human(self) -> Flags:
        return self.labels == 0

    @property
    def ai(self) -> Flags:
        return self.labels == 1

    @property
    def called_ai(self) -> Flags:
        """Which have the verdict `likely_ai`."""
        return self.probabilities >= self.thresholds.likely_ai

    @property
    def verdicts(self) -> NDArray[np.int8]:
        """int8 [N]: -1 likely human, 0 uncertain, 1 likely AI, by the score alone."""
        return self.called_ai.astype(np.int8) - (self.probabilities <= self.thresholds.likely_human).astype(np.int8)

    @property
    def right(self) -> Flags:
        """Which lie on the side of 0.5 that is theirs."""
        return (self.probabilities >= 0.5) == self.ai

    @property
    def degraded_cells(self) -> list[str]:
        return [
            str(cell) for cell in np.unique(self.cells) if cell not in (PLAIN, RAW) and not cell.startswith(TRIGGER)
        ]

    @property
    def trigger_cells(self) -> list[str]:
        return [str(cell) for cell in np.unique(self.cells) if cell.startswith(TRIGGER)]

    def require_rows_of(self, other: Self) -> None:
        """Raises ValueError unless both are of the same views in the same order, and of the same cases."""
        for name in COLUMNS:
            if not np.array_equal(getattr(self, name), getattr(other, name)):
                raise ValueError(f"{self.version} and {other.version} were not read on the same guard set: {name}")
        if [(case.id, case.expected) for case in self.cases] != [(case.id, case.expected) for case in other.cases]:
            raise ValueError(f"{self.version} and {other.version} were not read on the same regression cases")

    def document(self) -> dict[str, Any]:
        """For JSON, exact to the last bit."""
        columns = {name: getattr(self, name).tolist() for name in (*COLUMNS, "probabilities")}
        others = {
            "version": self.version,
            "thresholds": self.thresholds.document(),
            "cases": [asdict(case) for case in self.cases],
            "latency_ms": float(self.latency_ms),
            "size_bytes": int(self.size_bytes),
            "network": self.network,
        }
        return {**others, "rows": columns}

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> Self:
        """Of what `document` gave; raises KeyError, TypeError or ValueError for anything else."""
        rows = document["rows"]
        kinds = {"labels": np.uint8, "probabilities": np.float64}
        return cls(
            **{name: np.array(rows[name], kinds.get(name, np.str_)) for name in (*COLUMNS, "probabilities")},
            version=document["version"],
            thresholds=Thresholds(**document["thresholds"]),
            cases=tuple(CaseResult(**case) for case in document["cases"]),
            latency_ms=document["latency_ms"],
            size_bytes=document["size_bytes"],
            network=document["network"],
        )


def paired_rows(report: GuardReport, cell: str) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """The rows of `cell`, and for each the first matched view of the same picture and lane; those without one are
    left out.
    """
    plain: dict[tuple[str, str], int] = {}
    for row in np.flatnonzero(report.cells == PLAIN):
        plain.setdefault((str(report.pictures[row]), str(report.lanes[row])), int(row))
    found = [
        (int(row), plain[key])
        for row in np.flatnonzero(report.cells == cell)
        if (key := (str(report.pictures[row]), str(report.lanes[row]))) in plain
    ]
    rows = np.array(found, np.intp).reshape(-1, 2)
    return rows[:, 0], rows[:, 1]
