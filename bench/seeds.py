"""Every seed's network on photographs and art, each with the same time: `python -m bench.seeds --help`.

As their authors did: the whole picture resized to the network's side, every picture once a pass, AdamW. Trained on
matched views of the owners of all folds but one; judged on matched views of the owners of that fold, and of pictures
of the other owners that were held back. `jinwi-cnn` is trained and read as it is for a version, interactive lane.

What a network has learnt is kept in --work each minute: after an interruption, the same command goes on from there.
"""

import argparse
import json
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
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
from services.retrainer.training.input_spec import SPEC
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
        rows = list(_measured(dataset, asked.network or NAMES, asked.minutes, asked.work))
    except ConfigurationError as exc:
        sys.exit(str(exc))
    asked.out.write_text(json.dumps({"minutes": asked.minutes, "networks": rows}, indent=2) + "\n", encoding="utf-8")


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """`parts` are the rows that judge; all others teach, for `minutes` of one core."""

    dataset: Dataset
    parts: Mapping[str, Rows]
    minutes: float

    @property
    def taught(self) -> Rows:
        taught: Rows = ~np.logical_or.reduce(list(self.parts.values()))
        return taught


def _measured(dataset: Dataset, names: Sequence[str], minutes: float, work: Path) -> Iterator[dict[str, Any]]:
    unseen = folds(dataset, FOLDS, seed=0) == FOLD
    held_back = ~unseen & (np.random.default_rng(0).random(len(dataset)) < HELD_BACK)
    compared = Comparison(dataset=dataset, parts={"seen": held_back, "unseen": unseen}, minutes=minutes)
    for name in names:
        own = work / name
        own.mkdir(parents=True, exist_ok=True)
        kept = own / "row.json"
        if not kept.exists():
            row = _ours(name, compared, own) if name == OURS else _theirs(name, compared, own)
            kept.write_text(json.dumps(row), encoding="utf-8")
        row = json.loads(kept.read_text(encoding="utf-8"))
        _say(json.dumps(row))
        yield row


def _row(name: str, network: nn.Module, passes: float, scores: Mapping[str, Scores], of: Comparison) -> dict[str, Any]:
    truth = {part: of.dataset.labels[rows] for part, rows in of.parts.items()}
    return {
        "name": name,
        "parameters": parameters(network),
        "passes": passes,
        "roc_auc": {part: roc_auc(truth[part], scores[part]) for part in truth},
        "accuracy": {part: float(((scores[part] > 0) == (truth[part] == 1)).mean()) for part in truth},
    }


def _theirs(name: str, compared: Comparison, work: Path) -> dict[str, Any]:
    side, dataset = networks.architecture(name).side, compared.dataset
    pixels = np.stack(
        [[_resized(np.asarray(look), side) for look in matched_views(sample)] for sample in dataset.samples]
    )
    taught = compared.taught
    network, passes = _trained(name, pixels[taught], dataset.labels[taught], compared.minutes, work)
    scores = {part: logits(network, pixels[rows, 0], batch=64).astype(float) for part, rows in compared.parts.items()}
    return _row(name, network, passes, scores, compared)


def _ours(name: str, compared: Comparison, work: Path) -> dict[str, Any]:
    """As many passes as its recipe has; raises ConfigurationError where the time ends before."""
    recipe, dataset = recipes.recipe(name), compared.dataset
    slice_ = Slice(run=work, say=_say, until=time.monotonic() + 60 * compared.minutes, resume=True)
    network = owners_out.train_one(dataset.where(compared.taught), recipe, slice_)
    if network is None:
        raise ConfigurationError(f"{compared.minutes:g} minutes are too few for {name}")
    scores = {part: _read(network, dataset.where(rows)) for part, rows in compared.parts.items()}
    return _row(name, network, recipe.passes, scores, compared)


def _read(network: nn.Module, dataset: Dataset) -> Scores:
    """The first look at each picture, as the interactive lane reads it."""
    return see(network, dataset, matched_views, SPEC, Lane.INTERACTIVE).logits[:, 0].astype(float)


def _resized(look: Pixels, side: int) -> Pixels:
    tiles = prepare(Image.fromarray(look), InputSpec(width=side, height=side))
    return np.asarray(tiles[0])


def _trained(
    name: str, pixels: Pixels, labels: NDArray[np.uint8], minutes: float, work: Path
) -> tuple[torch.nn.Module, float]:
    """The network after `minutes`, and how many passes that was; both looks at a picture teach."""
    flat, truth = pixels.reshape(-1, *pixels.shape[2:]), np.repeat(labels, pixels.shape[1])
    paced = work / "passes.json"
    if not paced.exists():
        paced.write_text(json.dumps(_pace(name, flat, truth, minutes, work / "pace.pt")), encoding="utf-8")
    passes = float(json.loads(paced.read_text(encoding="utf-8")))
    fit = _fit(name, flat, truth, passes=passes, checkpoint=work / "checkpoint.pt")
    fit.resume()
    if not fit.finished:
        fit.run()
    return fit.result(), passes


def _pace(name: str, pixels: Pixels, labels: NDArray[np.uint8], minutes: float, checkpoint: Path) -> float:
    """How many passes `minutes` are enough for."""
    before = time.process_time()
    trial = _fit(name, pixels, labels, passes=1e6, checkpoint=checkpoint)
    trial.run(seconds=TRIAL)
    steps = 60 * minutes * trial.progress.step / (time.process_time() - before)
    return steps / trial.stream.steps_per_pass


def _fit(name: str, pixels: Pixels, labels: NDArray[np.uint8], *, passes: float, checkpoint: Path) -> Fit:
    recipe = recipes.recipe(name, passes=passes)
    stream = Passes(pixels=pixels, labels=labels, batch_size=recipe.batch, seed=0)
    say = lambda line: _say(f"{name}: {line}")  # noqa: E731
    return Fit(recipe.build(), stream, recipe, data="", checkpoint=checkpoint, say=say)


def _say(line: str) -> None:
    sys.stderr.write(f"{line}\n")


def _arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.seeds", description=__doc__)
    parser.add_argument("--data", action="append", required=True, metavar="SOURCE", help="as for `jinwi train`")
    parser.add_argument("--network", action="append", choices=NAMES, help="default: all of them")
    parser.add_argument("--minutes", type=float, default=30, help="for each network, of one core (default: 30)")
    parser.add_argument("--work", type=Path, default=Path("runs/seeds"), metavar="DIR", help="default: runs/seeds")
    parser.add_argument("--out", type=Path, required=True, metavar="FILE", help="where the JSON goes")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    main()
