"""The head alone, trained on embeddings: from the champion's, and not far from it.

The shipped gold is what the rest of the champion was trained on, so that its embeddings part the classes better than
those of new pictures do. A head fitted on them freely would trust what only looks good there. What is learned is
therefore a departure from the champion's head, in deviations of the gold's numbers, and a penalty holds it near zero
(towards the starting point: Li et al., "Explicit Inductive Bias", ICML 2018).
"""

import math
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn.functional import binary_cross_entropy_with_logits

from services.retrainer.fitting.device import accelerator
from services.retrainer.teaching.lessons import Lessons, Pool, sampler
from services.retrainer.versions.stage import Head

Floats = NDArray[np.float32]
Heard = Callable[[int, float, float], None]
"""After each epoch: how many are done, the loss, and the seconds that one takes."""


@dataclass(frozen=True, kw_only=True, slots=True)
class HeadRecipe:
    """`anchor` is the penalty's strength; `mixup` the parameter of its Beta distribution (Zhang et al., ICLR 2018).

    Of the strengths tried on collections that a champion had never seen, 1 keeps two thirds of what gold of one's own
    teaches about them, at less cost to the others than weaker ones: docs/experiments.md.
    """

    epochs: int = 20
    batch: int = 256
    rate: float = 3e-3
    anchor: float = 3.0
    mixup: float = 0.3
    seed: int = 0


def fit_head(
    vectors: Floats, lessons: Lessons, champion: Head, recipe: HeadRecipe, *, checkpoint: Path, heard: Heard
) -> Head:
    """A head for the embeddings `vectors`, float32 [N, D], of `lessons`.

    After each epoch `checkpoint` holds what was reached: a run that was killed goes on from there to the same bits.
    It must be of this training alone. Raises ValueError where gold lacks a class.
    """
    centre, scale = _standard(vectors[lessons.pools != Pool.PSEUDO])
    device = accelerator()
    inputs = torch.from_numpy((vectors - centre) / scale).to(device)
    known = torch.from_numpy(champion(vectors)).to(device)
    targets = torch.from_numpy(lessons.targets).to(device)
    draw = sampler(lessons, recipe.batch, recipe.seed)
    departure = torch.zeros(vectors.shape[1] + 1, device=device, requires_grad=True)
    optimizer = torch.optim.Adam([departure], lr=recipe.rate)
    steps = max(1, len(lessons) // recipe.batch)
    done = _resumed(checkpoint, departure, optimizer, recipe)
    for epoch in range(done, recipe.epochs):
        started, total = time.monotonic(), 0.0
        for step in range(epoch * steps, (epoch + 1) * steps):
            for group in optimizer.param_groups:
                group["lr"] = recipe.rate * 0.5 * (1 + math.cos(math.pi * step / (recipe.epochs * steps)))
            rows, others, share = _mixed(draw(step), recipe, step)
            share = share.to(device)
            seen = share[:, None] * inputs[rows] + (1 - share[:, None]) * inputs[others]
            base = share * known[rows] + (1 - share) * known[others]
            wanted = share * targets[rows] + (1 - share) * targets[others]
            loss = binary_cross_entropy_with_logits(base + seen @ departure[:-1] + departure[-1], wanted)
            optimizer.zero_grad()
            (loss + recipe.anchor / 2 * (departure[:-1] ** 2).sum()).backward()
            optimizer.step()
            total += loss.item()
        _save(checkpoint, departure, optimizer, epoch + 1, recipe)
        heard(epoch + 1, total / steps, time.monotonic() - started)
    return _head(champion, departure.detach().cpu().numpy(), centre, scale)


def _standard(vectors: Floats) -> tuple[Floats, Floats]:
    """Mean and deviation [D] of gold's numbers; infinite for one that does not vary, so that it is left alone."""
    deviation = vectors.std(0)
    return vectors.mean(0), np.where(deviation > 1e-6, deviation, np.float32(np.inf)).astype(np.float32)


def _mixed(
    rows: NDArray[np.int64], recipe: HeadRecipe, step: int
) -> tuple[NDArray[np.int64], NDArray[np.int64], torch.Tensor]:
    """Each row's partner, and how much of the pair is the row: float32 [B], at least a half."""
    chance = np.random.default_rng([recipe.seed, step, 1])
    share = chance.beta(recipe.mixup, recipe.mixup, len(rows)).astype(np.float32)
    return rows, chance.permutation(rows), torch.from_numpy(np.maximum(share, 1 - share))


def _head(champion: Head, departure: Floats, centre: Floats, scale: Floats) -> Head:
    moved = departure[:-1].astype(np.float64) / scale
    return Head(
        weight=(champion.weight + moved).astype(np.float32),
        bias=float(champion.bias + departure[-1] - moved @ centre.astype(np.float64)),
    )


def _resumed(path: Path, departure: torch.Tensor, optimizer: torch.optim.Optimizer, recipe: HeadRecipe) -> int:
    """Epochs that are done."""
    if not path.exists():
        return 0
    saved = torch.load(path, weights_only=True, map_location=departure.device)
    if saved["recipe"] != asdict(recipe):
        return 0
    with torch.no_grad():
        departure.copy_(saved["departure"])
    optimizer.load_state_dict(saved["optimizer"])
    return int(saved["epochs"])


def _save(
    path: Path, departure: torch.Tensor, optimizer: torch.optim.Optimizer, epochs: int, recipe: HeadRecipe
) -> None:
    """Whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    state = {"departure": departure.detach().clone(), "optimizer": optimizer.state_dict()}
    partial = path.with_suffix(".partial")
    torch.save({**state, "epochs": epochs, "recipe": asdict(recipe)}, partial)
    partial.replace(path)
