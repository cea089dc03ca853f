"""What a run says of owners that it left out, and what rests on that: calibration, thresholds, figures and probe."""

import hashlib
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import nn

from services.retrainer.evaluation.groups import accusation_rate
from services.retrainer.evaluation.judgement import Judgement, judge
from services.retrainer.evaluation.nulls import SAYS, NullScores
from services.retrainer.evaluation.predictions import Predictions
from services.retrainer.evaluation.run import null_scores
from services.retrainer.evaluation.thresholds import Choice, choose
from services.retrainer.fitting.augment import Augmentation
from services.retrainer.fitting.fit import Recipe
from services.retrainer.fitting.slice import Slice
from services.retrainer.fitting.stream import Balanced
from services.retrainer.statistics.bootstrap import resamples
from services.retrainer.statistics.calibrate import calibrate_by_tier
from services.retrainer.training.left_out import LOOKS, Seen, repeated, see
from services.retrainer.training.material import FINAL, Material
from services.retrainer.training.trained import Trained
from services.retrainer.versions.origin import Counted, origin
from shared.domain.job import Lane
from shared.domain.model_card import CalibrationTable, Tier
from shared.domain.verdict import Thresholds

TIERS = (128, 224)
"""Short sides, in px, up to which pictures share a calibration."""


def trained(
    material: Material, recipe: Recipe, networks: Mapping[str, nn.Module], slice_: Slice, *, minutes: float
) -> Trained:
    """The network of all owners with what those of the folds prove; `networks` by part, `minutes` of all of them."""
    seen = {lane: {view: scores(material, networks, slice_, view, lane) for view in LOOKS} for lane in Lane}
    nulls = {view: _nulls(material, slice_, view, seen[Lane.BULK][view].logits.shape[1]) for view in LOOKS}
    predictions = {lane: {view: _predictions(material, seen[lane], view) for view in LOOKS} for lane in Lane}
    choices = {lane: _choice(predictions[lane]["matched"]) for lane in Lane}
    thresholds = _stricter(choices.values())
    judgements = {
        f"{view}, {lane}": judge(predictions[lane][view], thresholds, nulls[view], view=view)
        for lane in Lane
        for view in LOOKS
    }
    labels, everything = material.dataset.labels, np.ones(len(material.dataset), np.bool_)
    sides = np.array([picture.shape[1::-1] for picture in material.pictures], np.int32)
    return Trained(
        network=networks[FINAL],
        recipe=recipe,
        minutes=minutes,
        spec=material.spec,
        calibration=CalibrationTable(tiers={lane: _tiers(material, seen[lane], everything) for lane in Lane}),
        thresholds=thresholds,
        metrics={
            **{name: judgement.document() for name, judgement in judgements.items()},
            "chosen": {lane.value: choice.document() for lane, choice in choices.items()},
        },
        false_accusation_rate=_accusations(material, [judgements[f"matched, {lane}"] for lane in Lane]),
        origin=origin(
            Counted(
                name=material.dataset.name, sha256=material.sha256, trained=(labels,), tested=(labels,), sides=sides
            ),
            material.spec,
        ),
        data_sha256=material.sha256,
        probe=_probe(material),
    )


def scores(material: Material, networks: Mapping[str, nn.Module], slice_: Slice, view: str, lane: Lane) -> Seen:
    """Every picture scored by the network that never saw its owner; what other networks said is never taken."""
    path = slice_.run / f"left-out-{lane}-{view}-{_fingerprint(networks)[:12]}.npz"
    if path.exists() and slice_.resume:
        return Seen.load(path)
    parts_seen, rows = [], []
    for part in sorted(networks.keys() - {FINAL}):
        left_out = material.left_out(part)
        slice_.say(f"scoring the {left_out.sum():,} pictures left out of {part}, {view}, {lane} lane")
        parts_seen.append(see(networks[part], material.dataset.where(left_out), LOOKS[view], material.spec, lane))
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
    for fold in np.unique(material.folds):
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


def _accusations(material: Material, judgements: Iterable[Judgement]) -> dict[str, Any]:
    """In the lane where they are most. Pictures are counted, not views, which are no witnesses of their own."""
    rates = [judgement.verdicts["human_likely_ai"] for judgement in judgements]
    worst = max(rates, key=lambda rate: rate.value)
    return accusation_rate(worst, material.dataset.labels == 0, material.dataset.owners)


def _probe(material: Material) -> NDArray[np.uint8]:
    """Up to 1,000 crops of the input's size, on which the exported file must agree."""
    side = material.spec.width
    stream = Balanced(
        pictures=material.pictures, labels=material.dataset.labels, owners=material.dataset.owners, side=side,
        batch_size=min(1000, 2 * len(material.pictures)), seed=1, augmentation=Augmentation(),
    )  # fmt: skip
    return stream.batch(0)[0]
