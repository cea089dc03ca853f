"""A labelled image and a set of them, before any pixel is decoded."""

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from shared.errors import ConfigurationError

HUMAN, AI = 0, 1


@dataclass(frozen=True, kw_only=True, slots=True)
class Sample:
    """`name` is unique in its data set; `label` is 1 for AI; `read` gives the file's bytes.

    `owner` is who made or collected it: splits never part an owner. `kind` (photo, painting, …) and `generator`
    are "" where the source does not say. `part` is `train`, `val` or `test` where the source has an official split.
    """

    name: str
    label: int
    owner: str
    read: Callable[[], bytes]
    kind: str = ""
    generator: str = ""
    part: str = ""


@dataclass(frozen=True)
class Dataset:
    """Samples in a fixed order. `name` is that of the folder, table or archive."""

    name: str
    samples: Sequence[Sample]

    def __len__(self) -> int:
        return len(self.samples)

    @cached_property
    def labels(self) -> NDArray[np.uint8]:
        """uint8 [N], 1 = AI."""
        return np.array([sample.label for sample in self.samples], np.uint8)

    @cached_property
    def owners(self) -> NDArray[np.str_]:
        """[N]."""
        return np.array([sample.owner for sample in self.samples], np.str_)

    def where(self, chosen: NDArray[np.bool_]) -> "Dataset":
        """Those of the samples for which `chosen`, bool [N], holds."""
        return Dataset(self.name, [sample for sample, keep in zip(self.samples, chosen, strict=True) if keep])

    def part(self, name: str) -> "Dataset":
        """The samples of one half of an official split."""
        return Dataset(self.name, [sample for sample in self.samples if sample.part == name])

    def fingerprint(self) -> str:
        """SHA-256 over names and bytes: the same for a folder and for an archive of it."""
        whole = hashlib.sha256()
        for sample in sorted(self.samples, key=lambda sample: sample.name):
            whole.update(sample.name.encode() + b"\0" + sample.read())
        return whole.hexdigest()


def joined(sets: Iterable[Dataset]) -> Dataset:
    """One data set of several; names get the set's name in front, so that they stay unique.

    Raises ConfigurationError for two sets of one name.
    """
    parts = list(sets)
    if len(parts) == 1:
        return parts[0]
    names = [part.name for part in parts]
    if len(set(names)) < len(names):
        raise ConfigurationError(f"two data sets have one name: {', '.join(names)}; rename a file or folder")
    renamed = [replace(sample, name=f"{part.name}/{sample.name}") for part in parts for sample in part.samples]
    return Dataset(" + ".join(part.name for part in parts), renamed)
