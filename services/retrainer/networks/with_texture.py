"""A network and a line over fixed texture statistics, fitted apart and added up."""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from services.retrainer.networks.texture import Texture

FURTHEST = 3.0
"""No statistic counts for more deviations than these: one odd number must not decide."""


class Line(nn.Module):
    """Statistics float32 [N, F] to their log-odds, float32 [N]."""

    centre: Tensor
    scale: Tensor
    slope: Tensor
    bias: Tensor

    def __init__(
        self, *, centre: NDArray[np.float32], scale: NDArray[np.float32], slope: NDArray[np.float32], bias: float
    ) -> None:
        """`centre`, `scale` and `slope` are float32 [F]."""
        super().__init__()
        for name, values in (("centre", centre), ("scale", scale), ("slope", slope), ("bias", np.float32(bias))):
            self.register_buffer(name, torch.tensor(values))

    def forward(self, statistics: Tensor) -> Tensor:
        within = torch.clamp((statistics - self.centre) / self.scale, -FURTHEST, FURTHEST)
        return within @ self.slope + self.bias


class WithTexture(nn.Module):
    """`pixels` uint8 [N, H, W, 3] to (logit float32 [N], map float32 [N, h, w]).

    What texture says holds for the whole input: it is the same everywhere in the map, whose mean stays the logit.
    """

    def __init__(self, network: nn.Module, line: Line) -> None:
        super().__init__()
        self.network = network
        self.texture = Texture()
        self.line = line

    def forward(self, pixels: Tensor) -> tuple[Tensor, Tensor]:
        logits, evidence = self.network(pixels)
        texture = self.line(self.texture(pixels))
        return logits + texture, evidence + texture[:, None, None]
