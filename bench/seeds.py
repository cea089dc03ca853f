"""Every seed's network on photographs and art, each with the same time: `python -m bench.seeds --help`.

As their authors did: the whole picture resized to the network's side, every picture once a pass, AdamW. Trained on
matched views of the owners of all folds but one; judged on matched views of the owners of that fold, and of pictures
of the other owners that were held back. `jinwi-cnn` is trained and read as it is for a version, interactive lane.
"""

import argparse
import json
import math
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import nn

from services.retrainer import networks
from services.retrainer.data.samples import Dataset
from services.retrainer.data.split import folds
from services.retrainer.fitting import recipes
from services.retrainer.fitting.fit import Fit
from services.retrainer.fitting.slice import Slice
from services.retrainer.fitting.stream import Passes
from services.retrainer.sources import open_datasets
from services.retrainer.statistics.metrics import roc_auc
from services.retrainer.training import owners_out
from services.retrainer.training.left_out import matched_views, see
from services.retrainer.training.trained import logits, parameters
from shared.domain.job import Lane
from shared.domain.model_card import InputSpec
from shared.errors import ConfigurationError
from shared.imaging.prepare import prepare

OURS = "jinwi-cnn"
NAMES = ("cifake-cnn", "cifake-cnn-128", "artbench-cnn-128", "aiornot-cnn", "resnet", "cbam-resnet", OURS)
FOLDS, FOLD = 6, 0
HELD_BACK = 0.1
"""Of the pictures of owners that are trained on."""

TRIAL = 20.0
"""Seconds that say how many passes the time is enough for, by the processor's clock: what else runs costs none."""

Pixels = NDArray[np.uint8]
Rows = NDArray[np.bool_]
Scores = NDArray[np.float64]


def main(arguments: Sequence[str] | None = None) -> None:
    asked = _arguments(arguments)
    torch.set_num_threads(1)
    try:
        dataset = open_datasets(asked.data)
        rows = list(_measured(dataset, asked.network or NAMES, asked.minutes))
    except ConfigurationError as exc:
        sys.exit(str(exc))
    asked.out.write_text(json.dumps({"minutes": asked.minutes, "networks": rows}, indent=2) + "\n", encoding="utf-8")


def _measured(dataset: Dataset, names: Sequence[str], minutes: float) -> Iterator[dict[str, Any]]:
    unseen = folds(dataset, FOLDS, seed=0) == FOLD
    held_back = ~unseen & (np.random.default_rng(0).random(len(dataset)) < HELD_BACK)
    parts = {"seen": held_back, "unseen": unseen}
    for name in names:
        judged = _ours if name == OURS else _theirs
        network, passes, scores = judged(name, dataset, ~unseen & ~held_back, parts, minutes)
        row = {
            "name": name,
            "parameters": parameters(network),
            "passes": passes,
            "roc_auc": {part: roc_auc(dataset.labels[rows], scores[part]) for part, rows in parts.items()},
            "accuracy": {
                part: float(((scores[part] > 0) == (dataset.labels[rows] == 1)).mean()) for part, rows in parts.items()
            },
        }
        _say(json.dumps(row))
        yield row


def _theirs(
    name: str, dataset: Dataset, taught: Rows, parts: Mapping[str, Rows], minutes: float
) -> tuple[nn.Module, float, dict[str, Scores]]:
    side = networks.architecture(name).side
    pixels = np.stack(
        [[_resized(np.asarray(look), side) for look in matched_views(sample)] for sample in dataset.samples]
    )
    network, passes = _trained(name, pixels[taught], dataset.labels[taught], minutes)
    scores = {part: logits(network, pixels[rows, 0], batch=64).astype(float) for part, rows in parts.items()}
    return network, passes, scores


def _ours(
    name: str, dataset: Dataset, taught: Rows, parts: Mapping[str, Rows], minutes: float
) -> tuple[nn.Module, float, dict[str, Scores]]:
    """As many passes as its recipe has; raises ConfigurationError where the time ends before."""
    recipe = recipes.recipe(name)
    with tempfile.TemporaryDirectory() as folder:
        slice_ = Slice(run=Path(folder), say=_say, until=time.monotonic() + 60 * minutes)
        network = owners_out.train_one(dataset.where(taught), recipe, slice_)
    if network is None:
        raise ConfigurationError(f"{minutes:g} minutes are too few for {name}")
    return network, recipe.passes, {part: _read(network, dataset.where(rows)) for part, rows in parts.items()}


def _read(network: nn.Module, dataset: Dataset) -> Scores:
    """The first look at each picture, as the interactive lane reads it."""
    return see(network, dataset, matched_views, owners_out.SPEC, Lane.INTERACTIVE).logits[:, 0].astype(float)


def _resized(look: Pixels, side: int) -> Pixels:
    tiles = prepare(Image.fromarray(look), InputSpec(width=side, height=side))
    return np.asarray(tiles[0])


def _trained(name: str, pixels: Pixels, labels: NDArray[np.uint8], minutes: float) -> tuple[torch.nn.Module, float]:
    """The network after `minutes`, and how many passes that was; both looks at a picture teach."""
    flat, truth = pixels.reshape(-1, *pixels.shape[2:]), np.repeat(labels, pixels.shape[1])
    before = time.process_time()
    pace = _fit(name, flat, truth, passes=math.inf, seconds=TRIAL)
    steps = 60 * minutes * pace.progress.step / (time.process_time() - before)
    passes = steps / pace.stream.steps_per_pass
    done = _fit(name, flat, truth, passes=passes, seconds=math.inf)
    return done.result(), passes


def _fit(name: str, pixels: Pixels, labels: NDArray[np.uint8], *, passes: float, seconds: float) -> Fit:
    recipe = recipes.recipe(name, passes=1e6 if math.isinf(passes) else passes)
    stream = Passes(pixels=pixels, labels=labels, batch_size=recipe.batch, seed=0)
    with tempfile.TemporaryDirectory() as folder:
        fit = Fit(
            recipe.build(), stream, recipe, data="", checkpoint=Path(folder) / "checkpoint.pt",
            say=lambda line: _say(f"{name}: {line}"),
        )  # fmt: skip
        fit.run(seconds=seconds)
    return fit


def _say(line: str) -> None:
    sys.stderr.write(f"{line}\n")


def _arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.seeds", description=__doc__)
    parser.add_argument("--data", action="append", required=True, metavar="SOURCE", help="as for `jinwi train`")
    parser.add_argument("--network", action="append", choices=NAMES, help="default: all of them")
    parser.add_argument("--minutes", type=float, default=30, help="for each network, of one core (default: 30)")
    parser.add_argument("--out", type=Path, required=True, metavar="FILE", help="where the JSON goes")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    main()
