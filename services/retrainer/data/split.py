"""Splits that part no owner: folds over owners, and a hash share where files have none."""

import hashlib
from collections import defaultdict
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from services.retrainer.data.samples import AI, HUMAN, Dataset
from shared.errors import ConfigurationError

VALIDATION_SHARE = 0.02
"""Of the training files: recipes are compared on it."""

CALIBRATION_SHARE = 0.04
"""Of the training files: fits temperature and bias, so that no choice was made on them."""

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


def folds(dataset: Dataset, k: int, seed: int) -> NDArray[np.int64]:
    """The fold of each sample, int64 [N] in [0, k): every owner in one fold, both classes in every fold.

    Balanced greedily within each class by images, by owners and by kind: owners, the large ones first, each go where
    the counts come out most even. `seed` orders owners of about one size, so that other seeds give other folds.
    Raises ConfigurationError where a class has fewer than `k` owners.
    """
    owners, members = np.unique(dataset.owners, return_inverse=True)
    table = _counted(dataset, members, len(owners))
    order = _large_first(np.bincount(members), seed)
    fold_of = _one_of_each_class(dataset, members, order, k)
    weights = 1 / np.maximum(table.sum(0), 1)
    filled = np.zeros((k, table.shape[1]))
    for owner, fold in fold_of.items():
        filled[fold] += table[owner]
    for owner in order:
        if owner not in fold_of:
            fold_of[owner] = fold = int(np.argmin(_unevenness(filled, table[owner], weights)))
            filled[fold] += table[owner]
    return np.array([fold_of[owner] for owner in members], np.int64)


def _counted(dataset: Dataset, members: Ints, owners: int) -> Floats:
    """What each owner adds to what is balanced, float64 [owners, cells]: the images of a class, those of a kind in a
    class, and itself as an owner in a class, which counts as much as the average one's images.
    """
    cells: defaultdict[tuple[int, str], int] = defaultdict(lambda: len(cells))
    kinds = np.array([cells[sample.label, sample.kind] for sample in dataset.samples])
    of_kind = np.zeros((owners, len(cells)))
    np.add.at(of_kind, (members, kinds), 1)
    of_class = np.zeros((owners, 2))
    np.add.at(of_class, (members, dataset.labels), 1)
    as_owner = (of_class > 0) * of_class.sum(0) / np.maximum((of_class > 0).sum(0), 1)
    return np.hstack([of_class, of_kind, as_owner])


def _large_first(sizes: Ints, seed: int) -> Ints:
    """Owners by size, to a power of two, and by chance within one."""
    chance = np.random.default_rng(seed).random(len(sizes))
    return np.lexsort((chance, -np.floor(np.log2(sizes))))


def _one_of_each_class(dataset: Dataset, members: Ints, order: Ints, k: int) -> dict[int, int]:
    """Owner → fold for as many owners as it takes to give each fold both classes."""
    of_class = {label: set(members[dataset.labels == label].tolist()) for label in (HUMAN, AI)}
    fold_of: dict[int, int] = {}
    for label, holders in sorted(of_class.items(), key=lambda item: len(item[1])):
        if len(holders) < k:
            name = "AI" if label == AI else "human"
            raise ConfigurationError(f"{dataset.name}: {len(holders)} owners of {name} pictures do not fill {k} folds")
        lacking = sorted(set(range(k)) - {fold for owner, fold in fold_of.items() if owner in holders})
        free = [int(owner) for owner in order if owner in holders and owner not in fold_of]
        # The largest of one class meets the smallest of the other.
        fold_of |= dict(zip(free[: len(lacking)], reversed(lacking) if fold_of else lacking, strict=True))
    return fold_of


def _unevenness(filled: Floats, added: Floats, weights: Floats) -> Floats:
    """What adding an owner to each fold does to the sum of squared cell counts: float64 [k], up to a constant."""
    after: Floats = (2 * filled + added) * added @ weights
    return after


@dataclass(frozen=True, kw_only=True, slots=True)
class Official:
    """A source's own split. `test_unseen` is `test` without the files whose very bytes also stand in training."""

    train: Dataset
    validation: Dataset
    calibration: Dataset
    test: Dataset
    test_unseen: Dataset


def official(dataset: Dataset) -> Official:
    """The source's train and test; validation is its own, or a share of train by hash, and calibration is another.

    For sources whose split parts owners, or that know none. Raises ConfigurationError where train or test lacks a
    class.
    """
    train, validation, test = (dataset.part(part) for part in ("train", "val", "test"))
    for name, half in (("train", train), ("test", test)):
        if len(set(half.labels)) < 2:
            raise ConfigurationError(f"{dataset.name} has no {name} part with both classes: no official split")
    seen = digests(train)
    shares = share(seen)
    start = 0.0 if len(validation) else VALIDATION_SHARE
    return Official(
        train=train.where(shares >= start + CALIBRATION_SHARE),
        validation=validation if len(validation) else train.where(shares < start),
        calibration=train.where((shares >= start) & (shares < start + CALIBRATION_SHARE)),
        test=test,
        test_unseen=test.where(~np.isin(digests(test), seen)),
    )


def digests(dataset: Dataset) -> NDArray[np.str_]:
    """SHA-256 of the files in hex, [N]."""
    return np.array([hashlib.sha256(sample.read()).hexdigest() for sample in dataset.samples], np.str_)


def share(digests: NDArray[np.str_]) -> Floats:
    """A number in [0, 1) for each file from its hash alone: equal files fall on the same side of any split."""
    return np.array([int(digest[:8], 16) / 2**32 for digest in digests])
