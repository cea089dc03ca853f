"""Train one model version, top to bottom: read, train, calibrate, measure, export, publish.

python -m services.retrainer.train --arch cifake-cnn --data cifake.tar.xz --version 0.1.0 --out models
"""

import argparse
import os
import platform
import shlex
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

import numpy as np
import onnx
import torch

from services.retrainer import card, dataset, networks
from services.retrainer.calibrate import calibrate
from services.retrainer.evaluate import measure, table
from services.retrainer.export import export
from services.retrainer.fit import Recipe, Say, fit, logits
from services.retrainer.publish import publish, require_free, staging
from shared.domain.model_card import InputSpec
from shared.domain.verdict import Thresholds
from shared.scoring.calibration import probability

PARITY_IMAGES = 1000


def train_version(
    *,
    arch: str,
    data: Path,
    version: str,
    out: Path,
    epochs: int = 24,
    minutes: float | None = None,
    seed: int = 0,
    resume: bool = False,
) -> Path:
    """Train `arch` on the images of `data` and publish `out`/`version`; gives that directory.

    Checkpoint and log lie in `out`/`version`.run: `resume` goes on from there. After `minutes` of training the
    best epoch so far is taken. Raises ConfigurationError for settings that cannot work, ModelRefused where the
    exported file does not give what the network gave.
    """
    architecture = networks.architecture(arch)
    require_free(out, version)
    recipe = Recipe(arch=arch, epochs=epochs, seed=seed)
    run = out / f"{version}.run"
    run.mkdir(parents=True, exist_ok=True)
    with _log(run / "log.txt", resume=resume) as say:
        spec = InputSpec(width=architecture.side, height=architecture.side)
        images = dataset.load(data, spec)
        say(
            f"{data.name}: {len(images.train):,} images to train, {len(images.validation):,} to choose the epoch, "
            f"{len(images.calibration):,} to calibrate, {len(images.test):,} to test; SHA-256 {images.sha256}"
        )
        torch.manual_seed(seed)
        network = networks.build(arch)
        parameters = sum(parameter.numel() for parameter in network.parameters())
        say(f"{arch}: {parameters:,} parameters; {recipe}")
        progress = fit(
            network,
            images,
            recipe,
            checkpoint=run / "checkpoint.pt",
            say=say,
            seconds=60 * minutes if minutes else float("inf"),
            resume=resume,
        )
        say(f"best: epoch {progress.best_epoch}, {progress.seconds / 60:.1f} min of training")

        calibration = calibrate(logits(network, images.calibration), images.calibration.labels)
        say(f"calibration: temperature {calibration.temperature:.4f}, bias {calibration.bias:+.4f}")
        thresholds = Thresholds()
        metrics = {
            name: measure(part.labels, probability(logits(network, part), calibration), thresholds)
            for name, part in (("test", images.test), ("test_without_duplicates", images.test_unseen))
        }
        say(table(metrics))

        document = card.document(
            version=version,
            spec=spec,
            architecture=architecture,
            parameters=parameters,
            calibration=calibration,
            thresholds=thresholds,
            metrics=metrics,
            training={
                "command": _command(arch, data, version, epochs, minutes, seed),
                "recipe": asdict(recipe),
                "epochs": progress.epoch,
                "best_epoch": progress.best_epoch,
                "minutes": round(progress.seconds / 60, 1),
                "data_sha256": images.sha256,
                "threads": torch.get_num_threads(),
                "versions": {
                    "python": platform.python_version(),
                    "torch": torch.__version__,
                    "onnx": onnx.__version__,
                    "numpy": np.__version__,
                },
            },
        )
        staged = staging(out, version)
        export(network, document, metrics, staged, probe=images.validation.pixels[:PARITY_IMAGES])
        target = publish(staged, out)
        say(f"published {target.name}: {sum(f.stat().st_size for f in target.iterdir()):,} bytes")
    return target
