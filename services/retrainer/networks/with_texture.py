"""A network and a line over fixed texture statistics, fitted apart and read by one head."""

from typing import Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from services.retrainer.networks.jinwi_cnn import JinwiCnn, evidence
from services.retrainer.networks.outputs import Outputs
from services.retrainer.networks.texture import Texture

FURTHEST = 3.0
"""No statistic counts for more deviations than these: one odd number must not decide."""


class Standard(nn.Module):
    """Statistics float32 [N, F] in deviations from their centre, none further than FURTHEST."""

    centre: Tensor
    scale: Tensor

    def __init__(self, centre: NDArray[np.float32], scale: NDArray[np.float32]) -> None:
        """`centre` and `scale` are float32 [F]."""
        super().__init__()
        self.register_buffer("centre", torch.tensor(centre))
        self.register_buffer("scale", torch.tensor(scale))

    def forward(self, statistics: Tensor) -> Tensor:
        return torch.clamp((statistics - self.centre) / self.scale, -FURTHEST, FURTHEST)


class Line(nn.Module):
    """Statistics float32 [N, F] to their log-odds, float32 [N]."""

    def __init__(
        self, *, centre: NDArray[np.float32], scale: NDArray[np.float32], slope: NDArray[np.float32], bias: float
    ) -> None:
        """`centre`, `scale` and `slope` are float32 [F]."""
        super().__init__()
        self.standard = Standard(centre, scale)
        self.head = nn.Linear(len(slope), 1)
        with torch.no_grad():
            self.head.weight.copy_(torch.tensor(slope)[None])
            self.head.bias.fill_(bias)

    def forward(self, statistics: Tensor) -> Tensor:
        return self.head(self.standard(statistics)).squeeze(1)


class WithTexture(nn.Module):
    """`pixels` uint8 [N, H, W, 3] to Outputs with a map.

    One head reads what the network looks at and, behind it, the texture statistics. What texture says holds for the
    whole input: it is the same everywhere in the map, whose mean stays the logit.
    """

    def __init__(self, network: JinwiCnn, features: int, *, dropout: float = 0.0) -> None:
        """Of `network` its looks are taken; the head over these and `features` statistics is untrained."""
        super().__init__()
        self.looks = network.looks
        self.texture = Texture()
        self.standard = Standard(np.zeros(features, np.float32), np.ones(features, np.float32))
        self.dropout = nn.Dropout(dropout)
        self.head = nn.Linear(network.looks.size + features, 1)

    @classmethod
    @torch.no_grad()
    def joined(cls, network: JinwiCnn, line: Line) -> Self:
        """Whose logit is the sum of what the network and the line say."""
        joined = cls(network, line.head.in_features)
        joined.standard = line.standard
        joined.head.weight.copy_(torch.cat([network.head.weight, line.head.weight], 1))
        joined.head.bias.copy_(network.head.bias + line.head.bias)
        return joined

    def forward(self, pixels: Tensor) -> Outputs:
        embedding, features = self.looks(pixels)
        embedding = torch.cat([embedding, self.standard(self.texture(pixels))], 1)
        logit = self.head(self.dropout(embedding)).squeeze(1)
        return Outputs(logit=logit, map=evidence(features, self.head, logit), embedding=embedding)
