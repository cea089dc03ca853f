"""Training batches. Each is a function of (seed, step) alone, whoever computes it and when."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from services.retrainer.fitting.augment import Augmentation
from services.retrainer.fitting.crop_pillow import crop
from services.retrainer.fitting.crop_plan import Plan, Planned

Pixels = NDArray[np.uint8]
Batch = tuple[Pixels, NDArray[np.float32]]


class Stream(Protocol):
    """`steps_per_pass` batches show as many images as there are."""

    @property
    def steps_per_pass(self) -> int: ...

    def batch(self, step: int) -> Batch | Planned:
        """(uint8 [B, side, side, 3], labels float32 [B]), or what an accelerator makes these of."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Balanced:
    """Half of every batch from each class; within a class an owner of n images is drawn in proportion to n^power.

    At 0 every owner weighs the same, at 1 every image: at 0.5 a large collection neither drowns the small nor is
    its variety thrown away.
    """

    pictures: Sequence[Pixels]
    labels: NDArray[np.uint8]
    owners: NDArray[np.str_]
    side: int
    batch_size: int
    seed: int
    augmentation: Augmentation
    power: float = 0.5

    @property
    def steps_per_pass(self) -> int:
        return max(1, len(self.labels) // self.batch_size)

    def batch(self, step: int) -> Batch:
        rows = self._rows(step)
        crops = [crop(self.pictures[row], plan) for row, plan in zip(rows, self._plans(step, rows), strict=True)]
        return np.stack(crops), self.labels[rows].astype(np.float32)

    def planned(self, step: int) -> Planned:
        """The same batch, its crops not made yet."""
        rows = self._rows(step)
        plans = self._plans(step, rows)
        windows = [plan.cut(self.pictures[row]) for row, plan in zip(rows, plans, strict=True)]
        return Planned(windows=windows, plans=plans, labels=self.labels[rows].astype(np.float32))

    def _rows(self, step: int) -> NDArray[np.intp]:
        chance = np.random.default_rng([self.seed, step])
        halves = []
        for label in (0, 1):
            rows = np.flatnonzero(self.labels == label)
            halves.append(chance.choice(rows, self.batch_size // 2, p=self._weights(rows)))
        return np.concatenate(halves)

    def _plans(self, step: int, rows: NDArray[np.intp]) -> list[Plan]:
        """Chance comes from the place in the whole run, whoever draws it."""
        return [
            self.augmentation.draw(
                *self.pictures[row].shape[:2], self.side, np.random.default_rng([self.seed, step, place])
            )
            for place, row in enumerate(rows)
        ]

    def _weights(self, rows: NDArray[np.intp]) -> NDArray[np.float64]:
        _, owner, counts = np.unique(self.owners[rows], return_inverse=True, return_counts=True)
        weights = counts[owner].astype(np.float64) ** (self.power - 1)
        return weights / weights.sum()


@dataclass(frozen=True, kw_only=True, slots=True)
class Ahead:
    """What `balanced` shows, its crops left to an accelerator, which would wait for Pillow most of the time."""

    balanced: Balanced

    @property
    def steps_per_pass(self) -> int:
        return self.balanced.steps_per_pass

    def batch(self, step: int) -> Planned:
        return self.balanced.planned(step)


@dataclass(frozen=True, kw_only=True, slots=True)
class Passes:
    """Every image once a pass, in a new order, half of them mirrored and all moved by up to `shift` px each way.

    For images that all have the network's size; what a move uncovers is mirrored from inside. In a share `mixed` of
    the batches a box of each image comes from another one, and the label says how much (CutMix, arXiv 1905.04899).
    """

    pixels: Pixels
    labels: NDArray[np.uint8]
    batch_size: int
    seed: int
    shift: int = 2
    mixed: float = 0.0

    @property
    def steps_per_pass(self) -> int:
        return max(1, len(self.labels) // self.batch_size)

    def batch(self, step: int) -> Batch:
        done, place = divmod(step, self.steps_per_pass)
        order = np.random.default_rng([self.seed, done]).permutation(len(self.labels))
        rows = order[place * self.batch_size : (place + 1) * self.batch_size]
        chance = np.random.default_rng([self.seed, done, place])
        mirrored = chance.random(len(rows)) < 0.5
        pixels = self.pixels[rows]
        pixels[mirrored] = pixels[mirrored, :, ::-1]
        moved, labels = self._moved(pixels, chance), self.labels[rows].astype(np.float32)
        return _with_boxes(moved, labels, chance) if self.mixed and chance.random() < self.mixed else (moved, labels)

    def _moved(self, pixels: Pixels, chance: np.random.Generator) -> Pixels:
        height, width = pixels.shape[1:3]
        margin = (self.shift, self.shift)
        wide = np.pad(pixels, ((0, 0), margin, margin, (0, 0)), mode="reflect")
        places = chance.integers(0, 2 * self.shift + 1, (len(pixels), 2))
        return np.stack(
            [image[top : top + height, left : left + width] for image, (top, left) in zip(wide, places, strict=True)]
        )


def _with_boxes(pixels: Pixels, labels: NDArray[np.float32], chance: np.random.Generator) -> Batch:
    """One box for the whole batch, its share of the area drawn uniformly, as CutMix draws it."""
    height, width = pixels.shape[1:3]
    sides = np.sqrt(chance.uniform()) * np.array([height, width]) / 2
    centre = chance.integers(0, (height, width))
    top, left = np.maximum(np.rint(centre - sides), 0).astype(int)
    bottom, right = np.minimum(np.rint(centre + sides), (height, width)).astype(int)
    other = chance.permutation(len(pixels))
    mixed = pixels.copy()
    mixed[:, top:bottom, left:right] = pixels[other, top:bottom, left:right]
    share = np.float32((bottom - top) * (right - left) / (height * width))
    return mixed, labels * (1 - share) + labels[other] * share
