"""Training on a source that has its own test: fit on its train half, calibrate on a share of it, then test."""

from collections.abc import Callable
from dataclasses import dataclass

import torch

from services.retrainer.data.prepared import Prepared, prepared
from services.retrainer.data.samples import Dataset
from services.retrainer.data.split import official
from services.retrainer.fitting.fit import Fit, Recipe
from services.retrainer.fitting.slice import Slice
from services.retrainer.fitting.stream import Passes
from services.retrainer.statistics.calibrate import calibrate
from services.retrainer.statistics.metrics import measure, roc_auc, table
from services.retrainer.training.trained import Trained, logits, parameters
from services.retrainer.versions.origin import Counted, origin
from shared.domain.model_card import CalibrationTable, InputSpec
from shared.domain.verdict import Thresholds
from shared.scoring.calibration import probability

PROBES = 1000


@dataclass(frozen=True, kw_only=True, slots=True)
class Halves:
    """An official split as the network reads it."""

    train: Prepared
    validation: Prepared
    calibration: Prepared
    test: Prepared
    test_unseen: Prepared
    sha256: str


def train(dataset: Dataset, recipe: Recipe, part: Slice) -> Trained | None:
    """None where `part` ended before the recipe did; the next slice goes on from the checkpoint.

    Raises ConfigurationError where the trained network cannot be calibrated.
    """
    spec = InputSpec(width=recipe.side, height=recipe.side)
    halves = _read(dataset, spec)
    part.say(_sizes(halves))
    fit = _fit(halves, recipe, part)
    fit.run(seconds=part.left(), loaders=part.loaders)
    if not fit.finished:
        return None
    network = fit.result()
    fitted = calibrate(logits(network, halves.calibration.pixels), halves.calibration.labels)
    part.say(f"temperature {fitted.temperature:.4f}, bias {fitted.bias:+.4f}")
    tests = {"test": halves.test, "test_without_duplicates": halves.test_unseen}
    metrics = {
        name: measure(half.labels, probability(logits(network, half.pixels), fitted), Thresholds())
        for name, half in tests.items()
    }
    part.say(table(metrics))
    return Trained(
        network=network,
        recipe=recipe,
        minutes=fit.progress.seconds / 60,
        spec=spec,
        calibration=CalibrationTable.of_all(fitted),
        metrics=metrics,
        false_accusation_rate=metrics["test"]["false_likely_ai"],
        origin=origin(_counted(dataset, halves), spec),
        data_sha256=halves.sha256,
        probe=halves.validation.pixels[:PROBES],
    )


def _read(dataset: Dataset, spec: InputSpec) -> Halves:
    split = official(dataset)
    return Halves(
        train=prepared(split.train, spec),
        validation=prepared(split.validation, spec),
        calibration=prepared(split.calibration, spec),
        test=prepared(split.test, spec),
        test_unseen=prepared(split.test_unseen, spec),
        sha256=dataset.fingerprint(),
    )


def _fit(halves: Halves, recipe: Recipe, part: Slice) -> Fit:
    network = recipe.build()
    part.say(f"{parameters(network):,} parameters, {torch.get_num_threads()} threads; {recipe}")
    stream = Passes(
        pixels=halves.train.pixels, labels=halves.train.labels, batch_size=recipe.batch, seed=recipe.seed,
        mixed=recipe.mixed,
    )  # fmt: skip
    fit = Fit(
        network, stream, recipe, data=halves.sha256, checkpoint=part.run / "checkpoint.pt", say=part.say,
        watch=_watch(halves.validation),
    )  # fmt: skip
    if part.resume:
        fit.resume()
    return fit


def _watch(validation: Prepared) -> Callable[[torch.nn.Module], str]:
    def watch(network: torch.nn.Module) -> str:
        values = logits(network, validation.pixels)
        right = ((values > 0) == (validation.labels == 1)).mean()
        return f"validation accuracy {right:.4f}, AUC {roc_auc(validation.labels, values.astype(float)):.4f}"

    return watch


def _sizes(halves: Halves) -> str:
    return (
        f"{len(halves.train):,} images to train, {len(halves.validation):,} to watch, "
        f"{len(halves.calibration):,} to calibrate, {len(halves.test):,} to test, of which "
        f"{len(halves.test) - len(halves.test_unseen):,} also stand in training; SHA-256 {halves.sha256}"
    )


def _counted(dataset: Dataset, halves: Halves) -> Counted:
    return Counted(
        name=dataset.name,
        sha256=halves.sha256,
        trained=(halves.train.labels, halves.validation.labels, halves.calibration.labels),
        tested=(halves.test.labels,),
        sides=halves.test.sides,
    )
