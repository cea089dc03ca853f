"""What a training brings to the card and the export."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from services.retrainer.fitting.fit import Recipe
from services.retrainer.versions.origin import Origin
from shared.domain.model_card import CalibrationTable, InputSpec
from shared.domain.verdict import Thresholds


@dataclass(frozen=True, kw_only=True, slots=True)
class Trained:
    """`metrics` by the name of what was measured, the first being the primary; `probe` uint8 [N, H, W, 3] are images
    on which the exported file must agree with `network`.
    """

    network: nn.Module
    recipe: Recipe
    minutes: float
    spec: InputSpec
    calibration: CalibrationTable
    metrics: dict[str, Any]
    false_accusation_rate: dict[str, float]
    origin: Origin
    data_sha256: str
    probe: NDArray[np.uint8]
    thresholds: Thresholds = field(default_factory=Thresholds)


def logits(network: nn.Module, pixels: NDArray[np.uint8], *, batch: int = 500) -> NDArray[np.float32]:
    """The network's logits for `pixels`, uint8 [N, H, W, 3], as float32 [N]."""
    network.eval()
    with torch.inference_mode():
        parts = [
            network(torch.from_numpy(pixels[start : start + batch])).logit.numpy()
            for start in range(0, len(pixels), batch)
        ]
    return np.concatenate(parts)


def parameters(network: nn.Module) -> int:
    """How many weights it has."""
    return sum(weights.numel() for weights in network.parameters())
