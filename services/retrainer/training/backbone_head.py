"""A head on a frozen backbone: each picture goes through the backbone once for all folds, a head is fitted in seconds.

Steps over augmented crops would send every picture through it in each pass of every fold, a hundred times and more.
"""

import hashlib
import math
from collections.abc import Mapping, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from services.retrainer.fitting.device import accelerator
from services.retrainer.fitting.slice import Slice
from services.retrainer.networks.hf import HfClassifier
from services.retrainer.training.texture_line import fitted
from services.retrainer.training.windows import Floats, Pixels, minutes, read_all


def embedded(
    network: HfClassifier, pictures: Sequence[Pixels], side: int, *, data: str, seed: int, slice_: Slice
) -> tuple[Floats, float] | None:
    """What the backbone makes of windows of `side` px of each picture, float32 [N, LOOKS, C], and the minutes that it
    took; None where the time ended.

    What another slice made of the same `data`, a SHA-256, and the same backbone is taken over.
    """
    folder = slice_.run / f"embedding-{data[:12]}-{seed}-{_fingerprint(network.backbone)[:8]}"
    device = accelerator()
    network.to(device).eval()

    def read(windows: Pixels) -> Floats:
        with torch.inference_mode():
            found: Floats = network(torch.from_numpy(windows).to(device)).embedding.float().cpu().numpy()
        return found

    found = read_all(pictures, side, read, what="embedding", folder=folder, seed=seed, slice_=slice_)
    network.to("cpu")
    return None if found is None else (found, minutes(folder))


def heads(
    network: HfClassifier,
    embeddings: Floats,
    labels: NDArray[np.uint8],
    owners: NDArray[np.str_],
    parts: Mapping[str, NDArray[np.intp]],
) -> dict[str, nn.Module]:
    """For each part a network whose head was fitted on its rows; all share the one backbone."""
    return {
        part: network.with_head(*_head(embeddings[rows], labels[rows], owners[rows])).eval()
        for part, rows in parts.items()
    }


def _head(embeddings: Floats, labels: NDArray[np.uint8], owners: NDArray[np.str_]) -> tuple[Tensor, Tensor]:
    """Weight [1, C] and bias [1]: standardising is folded into them."""
    line = fitted(embeddings, labels, owners, furthest=math.inf)
    with torch.no_grad():
        weight = line.head.weight / line.standard.scale
        return weight, line.head.bias - weight @ line.standard.centre


def _fingerprint(backbone: nn.Module) -> str:
    """SHA-256 of all weights: embeddings of another backbone must not be taken for its."""
    whole = hashlib.sha256()
    for name, tensor in backbone.state_dict().items():
        whole.update(name.encode() + tensor.numpy().tobytes())
    return whole.hexdigest()
