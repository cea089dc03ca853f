"""`jinwi train`: one model version, top to bottom: read, train, calibrate, measure, export, publish."""

import math
import platform
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from torch import nn

from services.retrainer import card, dataset, networks
from services.retrainer.calibrate import calibrate
from services.retrainer.dataset import Dataset
from services.retrainer.evaluate import measure, table
from services.retrainer.export import export
from services.retrainer.fit import Progress, Recipe, Say, fit, logits
from services.retrainer.origin import origin
from services.retrainer.publish import publish, require_free, staging
from shared.domain.model_card import Calibration, InputSpec
from shared.domain.verdict import Thresholds
from shared.scoring.calibration import probability

PARITY_IMAGES = 1000


def train_version(
    *,
    arch: str,
    data: Path,
    version: str,
    out: Path,
    epochs: int = 18,
    minutes: float = math.inf,
    seed: int = 0,
    resume: bool = False,
) -> Path:
    """Train `arch` on the images of `data` and publish `out`/`version`; gives that directory.

    Checkpoint and log lie in `out`/`version`.run; `resume` goes on from there. After `minutes` of training the
    best epoch so far is taken. Raises ConfigurationError for settings that cannot work, ModelRefused where the
    exported file does not give what the network gave.
    """
    architecture = networks.architecture(arch)
    require_free(out, version)
    recipe = Recipe(arch=arch, epochs=epochs, seed=seed)
    spec = InputSpec(width=architecture.side, height=architecture.side)
    run = out / f"{version}.run"
    command = f"jinwi train --arch {arch} --data {data.name} --version {version} --out {out.name} --seed {seed}"
    with _log(run / "log.txt", anew=not resume) as say:
        say(f"reading {data.name}")
        images = dataset.load(data, spec)
        say(_sizes(images))

        network, progress = _fitted(
            recipe, images, checkpoint=run / "checkpoint.pt", say=say, seconds=60 * minutes, resume=resume
        )
        calibration = calibrate(logits(network, images.calibration), images.calibration.labels)
        say(f"temperature {calibration.temperature:.4f}, bias {calibration.bias:+.4f}")
        thresholds = Thresholds()
        metrics = _measure(network, images, calibration, thresholds)
        say(table(metrics))

        document = card.document(
            version=version,
            origin=origin(images, spec),
            spec=spec,
            architecture=architecture,
            parameters=_parameters(network),
            calibration=calibration,
            thresholds=thresholds,
            metrics=metrics,
            training={"command": command, "data_sha256": images.sha256, **_circumstances(recipe, progress)},
        )
        staged = staging(out, version)
        export(network, document, metrics, staged, probe=images.validation.pixels[:PARITY_IMAGES])
        target = publish(staged, out)
        say(f"published {target.name}, {sum(file.stat().st_size for file in target.iterdir()):,} bytes")
    return target


def _fitted(
    recipe: Recipe, images: Dataset, *, checkpoint: Path, say: Say, seconds: float, resume: bool
) -> tuple[nn.Module, Progress]:
    torch.manual_seed(recipe.seed)
    network = networks.build(recipe.arch)
    say(f"{_parameters(network):,} parameters, {torch.get_num_threads()} threads; {recipe}")
    progress = fit(network, images, recipe, checkpoint=checkpoint, say=say, seconds=seconds, resume=resume)
    say(f"took epoch {progress.best_epoch} after {progress.seconds / 60:.1f} min of training")
    return network, progress


def _parameters(network: nn.Module) -> int:
    return sum(weights.numel() for weights in network.parameters())


def _measure(
    network: nn.Module, images: Dataset, calibration: Calibration, thresholds: Thresholds
) -> dict[str, dict[str, Any]]:
    tests = {"test": images.test, "test_without_duplicates": images.test_unseen}
    return {
        name: measure(part.labels, probability(logits(network, part), calibration), thresholds)
        for name, part in tests.items()
    }


def _sizes(images: Dataset) -> str:
    return (
        f"{len(images.train):,} images to train, {len(images.validation):,} to choose the epoch, "
        f"{len(images.calibration):,} to calibrate, {len(images.test):,} to test, of which "
        f"{len(images.test) - len(images.test_unseen):,} also stand in training; SHA-256 {images.sha256}"
    )


def _circumstances(recipe: Recipe, progress: Progress) -> dict[str, Any]:
    return {
        "recipe": asdict(recipe),
        "epochs": progress.epoch,
        "best_epoch": progress.best_epoch,
        "minutes": round(progress.seconds / 60, 1),
        "versions": {
            "python": platform.python_version(),
            "torch": torch.__version__,
            "onnx": onnx.__version__,
            "numpy": np.__version__,
        },
    }


@contextmanager
def _log(path: Path, *, anew: bool) -> Iterator[Say]:
    """Lines to standard output and to `path`, each at once."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w" if anew else "a", encoding="utf-8") as file:

        def say(line: str) -> None:
            for stream in (sys.stdout, file):
                stream.write(line + "\n")
                stream.flush()

        yield say
