"""The training loop: the same recipe, data and threads give the same weights, interrupted and resumed or not."""

import math
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits

from services.retrainer.dataset import Dataset, Images
from shared.errors import ConfigurationError

Say = Callable[[str], None]


@dataclass(frozen=True, kw_only=True, slots=True)
class Recipe:
    """AdamW under one half cosine from `learning_rate` to 0; `patience` epochs without a better one end it."""

    arch: str
    epochs: int = 18
    batch: int = 128
    learning_rate: float = 1e-3
    weight_decay: float = 0.01
    patience: int = 6
    seed: int = 0


@dataclass(kw_only=True, slots=True)
class Progress:
    """`best` are the weights with the least validation loss so far, after epoch `best_epoch` (from 1)."""

    epoch: int = 0
    seconds: float = 0.0
    best_epoch: int = 0
    best_loss: float = math.inf
    best: dict[str, Tensor] | None = None


def fit(
    network: nn.Module,
    data: Dataset,
    recipe: Recipe,
    *,
    checkpoint: Path,
    say: Say,
    seconds: float = math.inf,
    resume: bool = False,
) -> Progress:
    """Train `network` and leave the best weights in it; ends with the epoch in which `seconds` have passed.

    `checkpoint` is rewritten after every epoch; with `resume` a run goes on from there. Raises
    ConfigurationError for a checkpoint of another recipe or other data.
    """
    optimizer = torch.optim.AdamW(network.parameters(), lr=recipe.learning_rate, weight_decay=recipe.weight_decay)
    run = {"recipe": asdict(recipe), "data": data.sha256}
    progress = Progress()
    if resume and checkpoint.exists():
        progress = _restore(checkpoint, run, network, optimizer)
        say(f"resumed after epoch {progress.epoch}")
    while not _finished(progress, recipe, seconds):
        started = time.monotonic()
        training_loss = _train_epoch(network, optimizer, data.train, recipe, progress.epoch)
        progress.epoch += 1
        progress.seconds += time.monotonic() - started
        validation_loss, accuracy = _validate(network, data.validation)
        if validation_loss < progress.best_loss:
            progress.best_loss, progress.best_epoch = validation_loss, progress.epoch
            progress.best = {name: tensor.clone() for name, tensor in network.state_dict().items()}
        _save(checkpoint, run, network, optimizer, progress)
        losses = f"loss {training_loss:.4f}, validation {validation_loss:.4f}, accuracy {accuracy:.4f}"
        say(_line(progress, recipe, len(data.train), losses))
    network.load_state_dict(progress.best or network.state_dict())
    return progress


def logits(network: nn.Module, images: Images) -> NDArray[np.float32]:
    """The network's logits for `images`, float32 [N]."""
    network.eval()
    with torch.inference_mode():
        parts = [
            network(torch.from_numpy(images.pixels[start : start + 1000])).numpy()
            for start in range(0, len(images), 1000)
        ]
    return np.concatenate(parts)


def _finished(progress: Progress, recipe: Recipe, seconds: float) -> bool:
    return (
        progress.epoch >= recipe.epochs
        or progress.epoch - progress.best_epoch >= recipe.patience
        or progress.seconds >= seconds
    )


def _train_epoch(
    network: nn.Module, optimizer: torch.optim.Optimizer, images: Images, recipe: Recipe, epoch: int
) -> float:
    """Every image once, half of them mirrored; all chance is drawn from (seed, epoch). Gives the mean loss."""
    random = np.random.default_rng([recipe.seed, epoch])
    order = random.permutation(len(images))
    mirrored = random.random(len(images)) < 0.5
    torch.manual_seed(random.integers(2**63))  # dropout
    steps = math.ceil(len(images) / recipe.batch)
    network.train()
    total = 0.0
    for step in range(steps):
        rows = order[step * recipe.batch : (step + 1) * recipe.batch]
        pixels = _mirror(images.pixels[rows], mirrored[rows])
        labels = torch.from_numpy(images.labels[rows]).float()
        optimizer.param_groups[0]["lr"] = recipe.learning_rate * _cosine((epoch + step / steps) / recipe.epochs)
        loss = binary_cross_entropy_with_logits(network(torch.from_numpy(pixels)), labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        total += loss.item() * len(rows)
    return total / len(images)


def _mirror(pixels: NDArray[np.uint8], chosen: NDArray[np.bool_]) -> NDArray[np.uint8]:
    return np.where(chosen[:, None, None, None], pixels[:, :, ::-1], pixels)


def _cosine(done: float) -> float:
    """From 1 to 0 while `done` goes from 0 to 1 (Loshchilov & Hutter, "SGDR", ICLR 2017, without restarts)."""
    return 0.5 * (1 + math.cos(math.pi * done))


def _validate(network: nn.Module, images: Images) -> tuple[float, float]:
    """(cross-entropy, accuracy)."""
    values = torch.from_numpy(logits(network, images))
    labels = torch.from_numpy(images.labels)
    loss = binary_cross_entropy_with_logits(values, labels.float()).item()
    return loss, ((values > 0) == labels.bool()).float().mean().item()


def _save(
    path: Path, run: dict[str, Any], network: nn.Module, optimizer: torch.optim.Optimizer, progress: Progress
) -> None:
    """Whole or not at all: a run that is killed while it writes keeps the checkpoint before."""
    partial = path.with_suffix(".partial")
    state = {"network": network.state_dict(), "optimizer": optimizer.state_dict()}
    torch.save({"run": run, **state, "progress": asdict(progress)}, partial)
    partial.replace(path)


def _restore(path: Path, run: dict[str, Any], network: nn.Module, optimizer: torch.optim.Optimizer) -> Progress:
    saved = torch.load(path, weights_only=True)
    if saved["run"] != run:
        raise ConfigurationError(f"{path} is of another recipe or other data; train without --resume to start anew")
    network.load_state_dict(saved["network"])
    optimizer.load_state_dict(saved["optimizer"])
    return Progress(**saved["progress"])


def _line(progress: Progress, recipe: Recipe, images: int, losses: str) -> str:
    pace = progress.seconds / progress.epoch
    left = (recipe.epochs - progress.epoch) * pace / 60
    return (
        f"epoch {progress.epoch:2d}/{recipe.epochs}  {losses}  "
        f"{images / pace:,.0f} images/s  at most {left:.1f} min left"
    )
