"""The whole network, trained a little further on pictures: from the champion's weights, and not far from them."""

import json
import shutil
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits

from services.retrainer.data.pictures import LIMITS, LONGEST
from services.retrainer.fitting.augment import Augmentation
from services.retrainer.fitting.device import accelerator
from services.retrainer.teaching.head_fit import Heard
from services.retrainer.teaching.lessons import Lessons, Pool, sampler
from services.retrainer.teaching.taught import Sample
from services.retrainer.versions.export import export
from services.retrainer.versions.restored import restore
from shared.imaging.decode import decode

PROBES = 64


@dataclass(frozen=True, kw_only=True, slots=True)
class FullRecipe:
    """`anchor` is the strength of the penalty towards the champion's weights (Li et al., ICML 2018)."""

    epochs: int = 4
    batch: int = 32
    rate: float = 1e-4
    anchor: float = 1.0
    seed: int = 0


def fit_full(
    champion: Path, samples: Sequence[Sample], *, version: str, recipe: FullRecipe, work: Path, heard: Heard
) -> Path:
    """A version directory in `work`, without gold and guard, of the champion's network trained on `samples`.

    Statistics of batch normalisation stay the champion's: a few pictures would make worse ones. After each epoch a
    checkpoint holds what was reached. `heard` is told within an epoch too, after each step: the epochs that are done,
    the loss so far, and the seconds that this one is going to take. Raises ValueError where gold lacks a class.
    """
    made = work / "network" / version
    if (made / "manifest.json").exists():
        return made
    network = restore(champion)
    side = int(json.loads((champion / "card.json").read_text(encoding="utf-8"))["training"]["network"]["side"])
    crops = _Crops([_pixels(sample) for sample in samples], _lessons(samples), side, recipe)
    _trained(network, crops, recipe, work / "full.pt", heard)
    card = json.loads((champion / "card.json").read_text(encoding="utf-8")) | {"version": version}
    shutil.rmtree(made, ignore_errors=True)
    made.mkdir(parents=True)
    export(network, card, {}, made, probe=crops.batch(0, PROBES)[0])
    return made


class _Crops:
    """Batches of augmented crops: each is a function of (seed, step) alone."""

    def __init__(self, pictures: Sequence[NDArray[np.uint8]], lessons: Lessons, side: int, recipe: FullRecipe) -> None:
        self._pictures = pictures
        self._lessons = lessons
        self._side = side
        self._seed = recipe.seed
        self._draw = sampler(lessons, recipe.batch, recipe.seed)
        self._augmentation = Augmentation()
        self.steps_per_epoch = max(1, len(pictures) // recipe.batch)

    def batch(self, step: int, most: int | None = None) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
        """(uint8 [B, side, side, 3], targets float32 [B])."""
        rows = self._draw(step)[:most]
        crops = [
            self._augmentation.crop(self._pictures[row], self._side, np.random.default_rng([self._seed, step, place]))
            for place, row in enumerate(rows)
        ]
        return np.stack(crops), self._lessons.targets[rows]


def _trained(network: nn.Module, crops: _Crops, recipe: FullRecipe, checkpoint: Path, heard: Heard) -> None:
    device = accelerator()
    network.to(device).eval()
    start = {name: weight.detach().clone() for name, weight in network.named_parameters()}
    optimizer = torch.optim.AdamW(network.parameters(), lr=recipe.rate, weight_decay=0.0)
    steps = crops.steps_per_epoch
    for epoch in range(_resumed(checkpoint, network, optimizer, recipe), recipe.epochs):
        started, total = time.monotonic(), 0.0
        for taken in range(steps):
            if taken:
                heard(epoch, total / taken, (time.monotonic() - started) / taken * steps)
            pixels, targets = (torch.from_numpy(array).to(device) for array in crops.batch(epoch * steps + taken))
            loss = binary_cross_entropy_with_logits(network(pixels).logit, targets)
            optimizer.zero_grad()
            (loss + recipe.anchor / 2 * _distance(network, start)).backward()
            optimizer.step()
            total += loss.item()
        _save(checkpoint, network, optimizer, epoch + 1, recipe)
        heard(epoch + 1, total / steps, time.monotonic() - started)
    network.to("cpu")


def _distance(network: nn.Module, start: dict[str, Tensor]) -> Tensor:
    """Squared, of all weights from where they started."""
    return torch.stack([((weight - start[name]) ** 2).sum() for name, weight in network.named_parameters()]).sum()


def _lessons(samples: Sequence[Sample]) -> Lessons:
    return Lessons(
        targets=np.array([sample.label for sample in samples], np.float32),
        weights=np.array([sample.weight for sample in samples], np.float32),
        owners=np.array([sample.owner for sample in samples], np.str_),
        pools=np.array([Pool.FRESH if sample.is_gold else Pool.PSEUDO for sample in samples], np.uint8),
    )


def _pixels(sample: Sample) -> NDArray[np.uint8]:
    """Uint8 [H, W, 3], the long side at most LONGEST."""
    image = decode(sample.image(), LIMITS).image
    if max(image.size) > LONGEST:
        image.thumbnail((LONGEST, LONGEST))
    return np.asarray(image)


def _resumed(path: Path, network: nn.Module, optimizer: torch.optim.Optimizer, recipe: FullRecipe) -> int:
    """Epochs that are done."""
    if not path.exists():
        return 0
    saved = torch.load(path, weights_only=True)
    if saved["recipe"] != asdict(recipe):
        return 0
    network.load_state_dict(saved["network"])
    optimizer.load_state_dict(saved["optimizer"])
    return int(saved["epochs"])


def _save(path: Path, network: nn.Module, optimizer: torch.optim.Optimizer, epochs: int, recipe: FullRecipe) -> None:
    """Whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".partial")
    state = {"network": network.state_dict(), "optimizer": optimizer.state_dict()}
    torch.save({**state, "epochs": epochs, "recipe": asdict(recipe)}, partial)
    partial.replace(path)
