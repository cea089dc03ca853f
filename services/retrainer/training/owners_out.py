"""Training on owners' collections: one network for every fold of owners left out, and one on all of them.

The left-out scores of the first are what calibration, thresholds and figures rest on; the last is what serves.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray
from torch import nn

from services.retrainer.data.pictures import pictures
from services.retrainer.data.samples import Dataset
from services.retrainer.data.split import folds
from services.retrainer.evaluation.judgement import Judgement, judge
from services.retrainer.evaluation.nulls import SAYS, NullScores
from services.retrainer.evaluation.predictions import Predictions
from services.retrainer.evaluation.run import null_scores
from services.retrainer.evaluation.thresholds import Choice, choose
from services.retrainer.fitting.augment import Augmentation
from services.retrainer.fitting.device import CPU, accelerator
from services.retrainer.fitting.fit import Fit, Recipe
from services.retrainer.fitting.slice import Slice
from services.retrainer.fitting.stream import Ahead, Balanced
from services.retrainer.networks import architecture, hf
from services.retrainer.networks.hf import HfClassifier
from services.retrainer.networks.jinwi_cnn import JinwiCnn
from services.retrainer.networks.with_texture import WithTexture
from services.retrainer.statistics.bootstrap import resamples
from services.retrainer.statistics.calibrate import calibrate_by_tier
from services.retrainer.statistics.metrics import rate
from services.retrainer.training.backbone_head import embedded, heads
from services.retrainer.training.input_spec import SPEC, input_spec
from services.retrainer.training.left_out import LOOKS, Seen, repeated, see
from services.retrainer.training.texture_line import counted, fitted
from services.retrainer.training.trained import Trained, parameters
from services.retrainer.versions.origin import Counted, origin
from shared.domain.job import Lane
from shared.domain.model_card import CalibrationTable, InputSpec, Tier
from shared.domain.verdict import Thresholds
from shared.errors import ConfigurationError

FOLDS = 6
TIERS = (128, 224)
"""Short sides, in px, up to which pictures share a calibration."""

TEXTURE, EMBEDDING, FINAL = "texture", "embedding", "final"
"""The part that counts texture statistics, the one that reads pictures by a frozen backbone, whose heads are then
fitted at once, and the part that trains on all owners; the others are `fold-0`, …
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class Material:
    """Decoded pictures, each uint8 [H, W, 3], with the fold of each, int64 [N], and how a network reads them."""

    dataset: Dataset
    pictures: list[NDArray[np.uint8]]
    folds: NDArray[np.int64]
    sha256: str
    spec: InputSpec = SPEC

    def without(self, part: str) -> NDArray[np.intp]:
        """The rows that `part` trains on."""
        left_out = -1 if part == FINAL else int(part.removeprefix("fold-"))
        return np.flatnonzero(self.folds != left_out)


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
    seen = {lane: {view: _seen(material, networks, slice_, view, lane) for view in LOOKS} for lane in Lane}
    nulls = {view: _nulls(material, slice_, view, seen[Lane.BULK][view].logits.shape[1]) for view in LOOKS}
    return _assembled(material, recipe, networks[FINAL], seen, nulls=nulls, minutes=minutes)


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


def _seen(material: Material, networks: Mapping[str, nn.Module], slice_: Slice, view: str, lane: Lane) -> Seen:
    """Every picture scored by the network that never saw its owner; what other networks said is never taken."""
    path = slice_.run / f"left-out-{lane}-{view}-{_fingerprint(networks)[:12]}.npz"
    if path.exists() and slice_.resume:
        return Seen.load(path)
    parts_seen, rows = [], []
    for fold in range(FOLDS):
        left_out = material.folds == fold
        slice_.say(f"scoring the {left_out.sum():,} pictures left out of fold {fold}, {view}, {lane} lane")
        parts_seen.append(
            see(networks[f"fold-{fold}"], material.dataset.where(left_out), LOOKS[view], material.spec, lane)
        )
        rows.append(np.flatnonzero(left_out))
    order = np.argsort(np.concatenate(rows))
    whole = Seen(
        logits=np.concatenate([part.logits for part in parts_seen])[order],
        short_sides=np.concatenate([part.short_sides for part in parts_seen])[order],
    )
    whole.save(path)
    return whole


def _fingerprint(networks: Mapping[str, nn.Module]) -> str:
    """SHA-256 of all weights."""
    whole = hashlib.sha256()
    for part in sorted(networks):
        for name, tensor in networks[part].state_dict().items():
            whole.update(f"{part} {name}".encode() + tensor.numpy().tobytes())
    return whole.hexdigest()


def _nulls(material: Material, slice_: Slice, view: str, looks: int) -> dict[str, NullScores]:
    """What needs no detector, by the same folds and on the same looks."""
    path = slice_.run / f"nulls-{view}-{material.sha256[:12]}.npz"
    if not (path.exists() and slice_.resume):
        slice_.say(f"fitting the nulls, {view}")
        found = null_scores(material.dataset, view=view, fold=material.folds, judged=looks)
        np.savez_compressed(path, **{name: null.scores for name, null in found.items()})
    with np.load(path, allow_pickle=False) as arrays:
        return {name: NullScores(says=SAYS[name], scores=arrays[name]) for name in arrays.files}


def _assembled(
    material: Material,
    recipe: Recipe,
    network: nn.Module,
    seen: Mapping[Lane, Mapping[str, Seen]],
    *,
    nulls: Mapping[str, Mapping[str, NullScores]],
    minutes: float,
) -> Trained:
    everything = np.ones(len(material.dataset), np.bool_)
    predictions = {lane: {view: _predictions(material, seen[lane], view) for view in LOOKS} for lane in Lane}
    choices = {lane: _choice(predictions[lane]["matched"]) for lane in Lane}
    thresholds = _stricter(choices.values())
    judgements = {
        f"{view}, {lane}": judge(predictions[lane][view], thresholds, nulls[view], view=view)
        for lane in Lane
        for view in LOOKS
    }
    labels = material.dataset.labels
    sides = np.array([picture.shape[1::-1] for picture in material.pictures], np.int32)
    return Trained(
        network=network,
        recipe=recipe,
        minutes=minutes,
        spec=material.spec,
        calibration=CalibrationTable(tiers={lane: _tiers(material, seen[lane], everything) for lane in Lane}),
        thresholds=thresholds,
        metrics={
            **{name: judgement.document() for name, judgement in judgements.items()},
            "chosen": {lane.value: choice.document() for lane, choice in choices.items()},
        },
        false_accusation_rate=_accusations([judgements[f"matched, {lane}"] for lane in Lane]),
        origin=origin(
            Counted(
                name=material.dataset.name, sha256=material.sha256, trained=(labels,), tested=(labels,), sides=sides
            ),
            material.spec,
        ),
        data_sha256=material.sha256,
        probe=_probe(material),
    )


def _tiers(material: Material, seen: Mapping[str, Seen], among: NDArray[np.bool_]) -> tuple[Tier, ...]:
    """Fitted on both views of the pictures `among`, by size."""
    labels, owners = material.dataset.labels, material.dataset.owners
    logits, sides, classes, makers = [], [], [], []
    for view in seen.values():
        looks = view.logits.shape[1]
        logits.append(view.logits[among].ravel())
        sides.append(view.short_sides[among].ravel())
        classes.append(np.repeat(labels[among], looks))
        makers.append(np.repeat(owners[among], looks))
    return calibrate_by_tier(*map(np.concatenate, (logits, classes, sides)), TIERS, np.concatenate(makers))


def _predictions(material: Material, seen: Mapping[str, Seen], view: str) -> Predictions:
    """Log-odds of every look, each fold's by the calibration that the other folds give."""
    looks = seen[view]
    odds = np.empty(looks.logits.shape)
    for fold in range(FOLDS):
        held = material.folds == fold
        table = CalibrationTable(tiers=dict.fromkeys(Lane, _tiers(material, seen, ~held)))
        odds[held] = _calibrated(looks.logits[held], looks.short_sides[held], table)
    return Predictions.of(repeated(material.dataset, looks.logits.shape[1]), odds.ravel())


def _calibrated(logits: NDArray[np.float32], sides: NDArray[np.int32], table: CalibrationTable) -> NDArray[np.float64]:
    fitted = [table.of(Lane.BULK, int(side)) for side in sides.ravel()]
    slopes = np.array([1 / one.temperature for one in fitted]).reshape(sides.shape)
    biases = np.array([one.bias for one in fitted]).reshape(sides.shape)
    return logits * slopes + biases


def _choice(predictions: Predictions) -> Choice:
    return choose(predictions, resamples(predictions.owners, predictions.labels))


def _stricter(choices: Iterable[Choice]) -> Thresholds:
    """One pair for all lanes: the limits hold in each."""
    pairs = [choice.thresholds for choice in choices]
    return Thresholds(
        likely_human=min(pair.likely_human for pair in pairs), likely_ai=max(pair.likely_ai for pair in pairs)
    )


def _accusations(judgements: Iterable[Judgement]) -> dict[str, Any]:
    """In the lane where they are most."""
    rates = []
    for judgement in judgements:
        said = judgement.predictions.probabilities >= judgement.thresholds.likely_ai
        human = judgement.predictions.human
        rates.append(rate(int((said & human).sum()), int(human.sum())))
    return max(rates, key=lambda found: found["value"])


def _probe(material: Material) -> NDArray[np.uint8]:
    """Up to 1,000 crops of the input's size, on which the exported file must agree."""
    side = material.spec.width
    stream = Balanced(
        pictures=material.pictures, labels=material.dataset.labels, owners=material.dataset.owners, side=side,
        batch_size=min(1000, 2 * len(material.pictures)), seed=1, augmentation=Augmentation(),
    )  # fmt: skip
    return stream.batch(0)[0]
