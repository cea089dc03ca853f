"""Pictures decoded once at the size of a network, and kept on disk: the large sets do not fit into memory."""

import hashlib
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from services.retrainer.data.pictures import picture
from services.retrainer.data.samples import Dataset, Sample
from services.retrainer.data.split import Official
from shared.domain.model_card import InputSpec
from shared.errors import ConfigurationError
from shared.imaging.prepare import prepare

THREADS = 2
AT_ONCE = 1024


@dataclass(frozen=True, kw_only=True, slots=True)
class Part:
    """`pixels` uint8 [N, side, side, 3], each the whole picture of its sample resized."""

    dataset: Dataset
    pixels: NDArray[np.uint8]


@dataclass(frozen=True, kw_only=True, slots=True)
class Parts:
    """`validation` chooses among trials, `test` is never used to choose; `fingerprint` is that of all three."""

    train: Part
    validation: Part
    test: Part
    fingerprint: str

    @property
    def side(self) -> int:
        return self.test.pixels.shape[1]


def training(split: Official) -> Dataset:
    """The source's training part but for what chooses: nothing here is calibrated."""
    return Dataset(split.train.name, [*split.train.samples, *split.calibration.samples])


def prepared(train: Dataset, validation: Dataset, test: Dataset, *, side: int, store: Path) -> Parts:
    """The three at `side` px. Files in `store` are used again where they are of the same pictures.

    Raises ConfigurationError where one lacks a class.
    """
    for name, dataset in (("train", train), ("choose", validation), ("test", test)):
        if len(set(dataset.labels.tolist())) < 2:
            raise ConfigurationError(f"{dataset.name}: the {len(dataset)} pictures to {name} are not of both classes")
    prints = [dataset.fingerprint() for dataset in (train, validation, test)]
    parts = [
        Part(dataset=dataset, pixels=_pixels(dataset.samples, side, store / f"{of_dataset[:16]}-{side}.npy"))
        for dataset, of_dataset in zip((train, validation, test), prints, strict=True)
    ]
    whole = hashlib.sha256("".join(prints).encode()).hexdigest()
    return Parts(train=parts[0], validation=parts[1], test=parts[2], fingerprint=whole)


def _pixels(samples: Sequence[Sample], side: int, file: Path) -> NDArray[np.uint8]:
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        partial_file = file.with_suffix(".partial")
        pixels = np.lib.format.open_memmap(partial_file, "w+", np.uint8, (len(samples), side, side, 3))
        _fill(pixels, samples, side)
        pixels.flush()
        partial_file.rename(file)
    kept: NDArray[np.uint8] = np.load(file, mmap_mode="c")
    return kept


def _fill(pixels: NDArray[np.uint8], samples: Sequence[Sample], side: int) -> None:
    with ThreadPoolExecutor(THREADS) as pool:
        for start in range(0, len(samples), AT_ONCE):
            for row, tile in enumerate(pool.map(partial(_tile, side), samples[start : start + AT_ONCE]), start):
                pixels[row] = tile


def _tile(side: int, sample: Sample) -> NDArray[np.uint8]:
    tile: NDArray[np.uint8] = prepare(picture(sample), InputSpec(width=side, height=side))[0]
    return tile
