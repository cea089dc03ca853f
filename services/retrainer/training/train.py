"""`jinwi train`: one model version, top to bottom: read, train, calibrate, measure, export, publish."""

import platform
import shlex
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch

from services.retrainer import networks, sources
from services.retrainer.data import snapshot
from services.retrainer.data.samples import Dataset
from services.retrainer.fitting.device import CPU, accelerator
from services.retrainer.fitting.fit import Recipe
from services.retrainer.fitting.recipes import for_accelerator, recipe
from services.retrainer.fitting.slice import Slice, log
from services.retrainer.training import held_out, owners_out
from services.retrainer.training.trained import Trained, parameters
from services.retrainer.versions import card
from services.retrainer.versions.export import export
from services.retrainer.versions.place import place, require_free, staging
from services.retrainer.versions.restored import blueprint
from shared.errors import ConfigurationError


def train_version(
    *,
    arch: str,
    data: list[str],
    version: str,
    out: Path,
    passes: float | None = None,
    minutes: float | None = None,
    seed: int = 0,
    resume: bool = False,
    loaders: int = 0,
    only: list[str] | None = None,
    head_only: bool = False,
) -> Path | None:
    """Train `arch` on the pictures of `data` and publish `out`/`version`; gives that directory.

    A source with a train and a test half is tested on that; any other is trained once for each fold of owners left
    out and once on all, and `only` names the parts that this command works on. Checkpoints and the log lie in
    `out`/`version`.run. After `minutes` the slice ends, gives None, and `resume` goes on from there. Raises
    ConfigurationError for settings that cannot work and for a network that learned nothing, ModelRefused where the
    exported file does not give what the network gave.
    """
    until = time.monotonic() + 60 * minutes if minutes is not None else float("inf")
    chosen = recipe(arch, passes=passes, seed=seed, head_only=head_only)
    require_free(out, version)
    run = out / f"{version}.run"
    shown = "" if passes is None else f" --passes {passes:g}"
    shown += " --head-only" if head_only else ""
    given = " ".join(f"--data {shlex.quote(sources.shown(spec))}" for spec in data)  # without a path of this machine
    command = f"jinwi train --arch {chosen.shown} {given} --version {version} --out {out.name}{shown} --seed {seed}"
    with log(run / f"{'-'.join(only or ['log'])}.txt", anew=not resume) as say:
        say(f"reading {', '.join(map(sources.shown, data))}")
        part = Slice(run=run, say=say, until=until, resume=resume, loaders=loaders)
        dataset = sources.open_datasets(data)
        if accelerator() != CPU:
            chosen = for_accelerator(chosen, len(dataset))
        snapshot.write(dataset, run / "manifest.jsonl")
        trained = _trained(dataset, chosen, part, only or [])
        if trained is None:
            say(f"not finished; go on with: {command} --resume")
            return None
        staged = staging(out, version)
        export(trained.network, _card(trained, version, command), trained.metrics, staged, probe=trained.probe)
        target = place(staged, out)
        say(f"published {target.name}, {sum(file.stat().st_size for file in target.iterdir()):,} bytes")
    return target


def _trained(dataset: Dataset, recipe: Recipe, part: Slice, only: list[str]) -> Trained | None:
    if unknown := set(only) - set(owners_out.parts(recipe)):
        raise ConfigurationError(f"--only {min(unknown)}: there are {', '.join(owners_out.parts(recipe))}")
    if any(sample.part for sample in dataset.samples):
        return held_out.train(dataset, recipe, part)
    return owners_out.train(dataset, recipe, part, only)


def _card(trained: Trained, version: str, command: str) -> dict[str, Any]:
    return card.document(
        version=version,
        origin=trained.origin,
        spec=trained.spec,
        architecture=networks.architecture(trained.recipe.arch),
        parameters=parameters(trained.network),
        calibration=trained.calibration,
        thresholds=trained.thresholds,
        metrics=trained.metrics,
        false_accusation_rate=trained.false_accusation_rate,
        training={
            "command": command,
            "data_sha256": trained.data_sha256,
            "recipe": {**asdict(trained.recipe), "arch": trained.recipe.shown},
            "network": blueprint(trained.network, trained.recipe.shown, side=trained.spec.width),
            "minutes": round(trained.minutes, 1),
            "versions": _versions(),
        },
    )


def _versions() -> dict[str, str]:
    return {
        "python": platform.python_version(),
        "torch": torch.__version__,
        "onnx": onnx.__version__,
        "numpy": np.__version__,
    }
