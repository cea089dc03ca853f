"""Training on owners' collections: one network for every fold of owners left out, and one on all of them.

The left-out scores of the first are what calibration, thresholds and figures rest on; the last is what serves.
"""

from collections.abc import Sequence
from typing import cast

import numpy as np
from numpy.typing import NDArray
from torch import nn

from services.retrainer.data.pictures import pictures
from services.retrainer.data.samples import Dataset
from services.retrainer.data.split import folds
from services.retrainer.fitting.augment import Augmentation
from services.retrainer.fitting.device import CPU, accelerator
from services.retrainer.fitting.fit import Fit, Recipe
from services.retrainer.fitting.slice import Slice
from services.retrainer.fitting.stream import Ahead, Balanced
from services.retrainer.networks import architecture, hf
from services.retrainer.networks.hf import HfClassifier
from services.retrainer.networks.jinwi_cnn import JinwiCnn
from services.retrainer.networks.with_texture import WithTexture
from services.retrainer.training import out_of_fold
from services.retrainer.training.backbone_head import embedded, heads
from services.retrainer.training.input_spec import input_spec
from services.retrainer.training.material import FINAL, Material
from services.retrainer.training.texture_line import counted, fitted
from services.retrainer.training.trained import Trained, parameters
from shared.errors import ConfigurationError

FOLDS = 6
TEXTURE, EMBEDDING = "texture", "embedding"
"""The part that counts texture statistics, and the one that reads pictures by a frozen backbone, whose heads are then
fitted at once; the others train a network each.
"""


def parts(recipe: Recipe) -> list[str]:
    """What `only` may name, in the order in which one command works on them."""
    if recipe.head_only:
        return [EMBEDDING]
    return [*([TEXTURE] if recipe.texture else []), *_networks()]


def _networks() -> list[str]:
    return [*(f"fold-{index}" for index in range(FOLDS)), FINAL]


def train(dataset: Dataset, recipe: Recipe, slice_: Slice, only: Sequence[str] = ()) -> Trained | None:
    """Go on with the parts (or `only` these) until the slice's time is over; None while any is unfinished.

    Parts may be trained by commands side by side: each has its own checkpoint.
    """
    material = _read(dataset, recipe)
    made = _by_head(material, recipe, slice_) if recipe.head_only else _by_steps(material, recipe, slice_, only)
    if made is None:
        return None
    networks, minutes = made
    return out_of_fold.trained(material, recipe, networks, slice_, minutes=minutes)


Made = tuple[dict[str, nn.Module], float]
"""The network of each part, and the minutes that they took."""


def _by_steps(material: Material, recipe: Recipe, slice_: Slice, only: Sequence[str]) -> Made | None:
    wanted = only or parts(recipe)
    statistics = _statistics(material, recipe, slice_) if TEXTURE in wanted else None
    fits = {}
    for part in (part for part in wanted if part != TEXTURE):
        fits[part] = _fit(material, recipe, slice_, part)
        if not fits[part].finished and slice_.left() > 0:
            fits[part].run(seconds=slice_.left(), loaders=slice_.loaders)
    if not all(part in fits and fits[part].finished for part in _networks()):
        return None
    if recipe.texture and statistics is None:
        return None
    networks = {part: _network(material, fit, statistics, part) for part, fit in fits.items()}
    return networks, sum(fit.progress.seconds for fit in fits.values()) / 60


def _by_head(material: Material, recipe: Recipe, slice_: Slice) -> Made | None:
    network = cast(HfClassifier, recipe.build())
    slice_.say(f"a head for each fold, {parameters(network):,} parameters; {recipe}")
    found = embedded(
        network, material.pictures, material.spec.width, data=material.sha256, seed=recipe.seed, slice_=slice_
    )
    if found is None:
        return None
    embeddings, minutes = found
    rows = {part: material.without(part) for part in _networks()}
    networks = heads(network, embeddings, material.dataset.labels, material.dataset.owners, rows)
    return networks, minutes


def train_one(dataset: Dataset, recipe: Recipe, slice_: Slice) -> nn.Module | None:
    """The network that would serve, trained on all owners, without those that judge it; None while it is unfinished."""
    material = _read(dataset, recipe)
    statistics = _statistics(material, recipe, slice_) if recipe.texture else None
    fit = _fit(material, recipe, slice_, FINAL)
    if not fit.finished and slice_.left() > 0:
        fit.run(seconds=slice_.left(), loaders=slice_.loaders)
    if not fit.finished or (recipe.texture and statistics is None):
        return None
    return _network(material, fit, statistics, FINAL)


def judges(dataset: Dataset, recipe: Recipe, slice_: Slice) -> dict[str, nn.Module]:
    """Of a finished run on `dataset`, for each owner the network that never saw the owner.

    Raises ConfigurationError where a network is unfinished, or of another recipe or other data.
    """
    material = _read(dataset, recipe)
    statistics = _statistics(material, recipe, slice_) if recipe.texture else None
    by_fold = {}
    for part in _networks()[:FOLDS]:
        fit = _fit(material, recipe, slice_, part)
        if not fit.finished:
            raise ConfigurationError(f"{slice_.run} is no finished run: {part} ends at step {fit.progress.step:,}")
        by_fold[part] = _network(material, fit, statistics, part)
    return {owner: by_fold[f"fold-{fold}"] for owner, fold in zip(dataset.owners.tolist(), material.folds, strict=True)}


def _statistics(material: Material, recipe: Recipe, slice_: Slice) -> NDArray[np.float32] | None:
    return counted(material.pictures, material.spec.width, data=material.sha256, seed=recipe.seed, slice_=slice_)


def _network(material: Material, fit: Fit, statistics: NDArray[np.float32] | None, part: str) -> nn.Module:
    """What was trained by steps and, where texture was counted, the line over it, both on the rows of `part`."""
    if statistics is None:
        return fit.result()
    rows = material.without(part)
    line = fitted(statistics[rows], material.dataset.labels[rows], material.dataset.owners[rows])
    return WithTexture.joined(cast(JinwiCnn, fit.result()), line).eval()


def _read(dataset: Dataset, recipe: Recipe) -> Material:
    return Material(
        dataset=dataset,
        pictures=pictures(dataset.samples),
        folds=folds(dataset, FOLDS, seed=0),
        sha256=dataset.fingerprint(),
        spec=input_spec(architecture(recipe.arch).side, large=recipe.arch.startswith(hf.PREFIX)),
    )


def _fit(material: Material, recipe: Recipe, slice_: Slice, part: str) -> Fit:
    rows = material.without(part)
    balanced = Balanced(
        pictures=[material.pictures[row] for row in rows],
        labels=material.dataset.labels[rows],
        owners=material.dataset.owners[rows],
        side=recipe.side,
        batch_size=recipe.batch,
        seed=recipe.seed,
        augmentation=Augmentation(),
        power=recipe.owner_power,
    )
    network = recipe.build()
    slice_.say(f"{part}: {len(rows):,} pictures, {parameters(network):,} parameters; {recipe}")
    stream = balanced if accelerator() == CPU else Ahead(balanced=balanced)
    fit = Fit(
        network, stream, recipe, data=f"{material.sha256} {part}", checkpoint=slice_.run / f"{part}.pt", say=slice_.say,
    )  # fmt: skip
    if slice_.resume:
        fit.resume()
    return fit
