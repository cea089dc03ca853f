"""Jinwi's own network: fully convolutional, with a map of evidence whose mean is the logit."""

import torch
from torch import Tensor, nn

from services.retrainer.networks.highpass import HighPass
from services.retrainer.networks.structure import Structure


class JinwiCnn(nn.Module):
    """`pixels` uint8 [N, H, W, 3] to (logit float32 [N], map float32 [N, h, w]), above 0 for AI-generated.

    Residual stages (He et al., CVPR 2016), each but the first beginning with a stride of 2, over the planes that
    `reads` makes of the pixels. Two readings are added: each patch's own logit from the last stage, and one for the
    picture from means and deviations of every stage's features. The second is the same everywhere in the map.
    """

    def __init__(
        self,
        *,
        reads: type[HighPass | Structure] = Structure,
        widths: tuple[int, ...] = (16, 32, 64),
        blocks: tuple[int, ...] = (1, 1, 1),
        stem_stride: int = 2,
        statistics: int = 0,
        dropout: float = 0.4,
    ) -> None:
        """`statistics` is the width of the second reading's hidden layer; at 0 it is a line."""
        super().__init__()
        self.highpass = reads()
        self.stem = _convolved(reads.channels, widths[0], stride=stem_stride)
        self.stages = nn.ModuleList()
        for index, (width, depth) in enumerate(zip(widths, blocks, strict=True)):
            entry = [_convolved(widths[index - 1], width, stride=2)] if index else []
            self.stages.append(nn.Sequential(*entry, *(Residual(width) for _ in range(depth))))
        self.patches = nn.Sequential(nn.Dropout2d(dropout), nn.Conv2d(widths[-1], 1, 1))
        pooled = 2 * sum(widths)
        hidden = [nn.Linear(pooled, statistics), nn.ReLU(), nn.Dropout(dropout)] if statistics else []
        self.texture = nn.Sequential(
            nn.BatchNorm1d(pooled), nn.Dropout(dropout), *hidden, nn.Linear(statistics or pooled, 1)
        )

    def forward(self, pixels: Tensor) -> tuple[Tensor, Tensor]:
        logits, texture = self.readings(pixels)
        evidence = logits + texture[:, :, None]
        return evidence.mean((1, 2)), evidence

    def readings(self, pixels: Tensor) -> tuple[Tensor, Tensor]:
        """(patch logits float32 [N, h, w], texture logit float32 [N, 1])."""
        features = self.stem(self.highpass(pixels).contiguous(memory_format=torch.channels_last))
        statistics = []
        for stage in self.stages:
            features = stage(features)
            statistics += _moments(features.float())
        texture: Tensor = self.texture(torch.cat(statistics, 1))
        return self.patches(features).squeeze(1).float(), texture.float()


class Residual(nn.Module):
    """Two 3×3 convolutions beside a shortcut."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.first = _convolved(width, width)
        self.second = nn.Sequential(nn.Conv2d(width, width, 3, padding=1, bias=False), nn.BatchNorm2d(width))

    def forward(self, features: Tensor) -> Tensor:
        return torch.relu(features + self.second(self.first(features)))


def _convolved(before: int, after: int, *, stride: int = 1) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(before, after, 3, stride=stride, padding=1, bias=False), nn.BatchNorm2d(after), nn.ReLU(inplace=True)
    )


def _moments(features: Tensor) -> list[Tensor]:
    """Mean and deviation over the picture, float32 [N, channels] each."""
    mean = features.mean((2, 3))
    variance = (features * features).mean((2, 3)) - mean * mean
    return [mean, torch.sqrt(torch.relu(variance) + 1e-4)]
