"""Labelled pictures as the layer before the head sees them: what a retraining works on where images may not travel."""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

PLAIN = ""
"""The cell of a view that nothing was done to beyond what every matched view undergoes."""

RAW = "raw"
"""The cell of a picture as it came."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Embedded:
    """N views of pictures, row by row.

    `vectors` float32 [N, D], the weighted mean over a picture's tiles: the logit is `head.weight @ vector +
    head.bias`. `labels` uint8 [N], 1 for AI-generated. Texts [N]: `owners` (what splits and bootstraps go by),
    `kinds` (photograph, portrait …), `pictures` (which views are of one picture), `cells` (PLAIN, a degradation as
    `jpeg-40`, or `trigger:NAME`), `lanes`. `short_sides` int32 [N], px, chooses the tier of the calibration.
    """

    vectors: NDArray[np.float32]
    labels: NDArray[np.uint8]
    owners: NDArray[np.str_]
    kinds: NDArray[np.str_]
    pictures: NDArray[np.str_]
    cells: NDArray[np.str_]
    lanes: NDArray[np.str_]
    short_sides: NDArray[np.int32]

    def __post_init__(self) -> None:
        lengths = {field.name: len(getattr(self, field.name)) for field in fields(self)}
        if len(set(lengths.values())) != 1 or self.vectors.ndim != 2:
            raise ValueError(f"vectors must be [N, D] and all else [N], got {self.vectors.shape} and {lengths}")

    def __len__(self) -> int:
        return len(self.labels)

    def rows(self, chosen: NDArray[np.bool_] | NDArray[np.int64]) -> Self:
        """Those rows alone."""
        return replace(self, **{field.name: getattr(self, field.name)[chosen] for field in fields(self)})

    def save(self, path: Path) -> None:
        """As .npz: vectors as int8 with one float32 scale a dimension, 127 being its largest magnitude."""
        scale = np.maximum(np.abs(self.vectors).max(0, initial=0), np.float32(1e-12)) / np.float32(127)
        quantised = np.rint(self.vectors / scale).astype(np.int8)
        others = {field.name: getattr(self, field.name) for field in fields(self) if field.name != "vectors"}
        with path.open("wb") as file:
            np.savez_compressed(file, allow_pickle=False, quantised=quantised, scale=scale, **others)

    @classmethod
    def load(cls, path: Path) -> Self:
        """Raises ValueError or KeyError for a file that is no such set."""
        with np.load(path, allow_pickle=False) as file:
            vectors = file["quantised"].astype(np.float32) * file["scale"]
            return cls(
                vectors=vectors, **{field.name: file[field.name] for field in fields(cls) if field.name != "vectors"}
            )

    @classmethod
    def joined(cls, parts: Sequence[Self]) -> Self:
        """All rows of at least one part, in order."""
        return cls(
            **{field.name: np.concatenate([getattr(part, field.name) for part in parts]) for field in fields(cls)}
        )
