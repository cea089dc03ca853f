"""The map of evidence: which parts of a picture speak for AI generation."""

from dataclasses import dataclass

UNSEEN = 255
"""The cell of a part at which the model never looked."""

CERTAIN = 254
"""The cell of a local probability of 1."""


@dataclass(frozen=True, kw_only=True, slots=True)
class EvidenceMap:
    """`cells`, row after row from the left upper corner of the upright picture, which they divide evenly.

    A cell is the calibrated probability of its part alone, 0 … 1 as 0 … 254, or UNSEEN.
    """

    columns: int
    cells: bytes

    def __post_init__(self) -> None:
        if self.columns < 1 or not self.cells or len(self.cells) % self.columns:
            raise ValueError(f"{len(self.cells)} cells make no rows of {self.columns} columns")

    @property
    def rows(self) -> int:
        return len(self.cells) // self.columns
