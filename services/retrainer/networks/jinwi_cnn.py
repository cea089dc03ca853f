"""Jinwi's own network: fully convolutional, with a map of evidence whose mean is the logit."""

import torch
from torch import Tensor, nn
from torch.nn import functional

from services.retrainer.networks.highpass import HighPass
from services.retrainer.networks.outputs import Outputs
from services.retrainer.networks.structure import Structure


class JinwiCnn(nn.Module):
    """`pixels` uint8 [N, H, W, 3] to Outputs with a map, above 0 for AI-generated. See `Looks` for what is read."""

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
        """`statistics` is the width of the hidden layer that reads the moments; at 0 the head reads them itself."""
        super().__init__()
        self.looks = Looks(reads, widths, blocks, stem_stride=stem_stride, statistics=statistics, dropout=dropout)
        self.dropout = nn.Dropout(dropout)
        self.head = nn.Linear(self.looks.size, 1)

    def forward(self, pixels: Tensor) -> Outputs:
        embedding, features = self.looks(pixels)
        logit = self.head(self.dropout(embedding)).squeeze(1)
        return Outputs(logit=logit, map=evidence(features, self.head, logit), embedding=embedding)


class Looks(nn.Module):
    """`pixels` to (embedding float32 [N, size], features of the last stage [N, C, h, w]).

    Residual stages (He et al., CVPR 2016), each but the first beginning with a stride of 2, over the planes that
    `reads` makes of the pixels. The embedding begins with the C means of the last stage's features, from which comes
    the map; then follow means and deviations of every stage's features, normalised, or what a hidden layer makes of
    them.
    """

    def __init__(
        self,
        reads: type[HighPass | Structure],
        widths: tuple[int, ...],
        blocks: tuple[int, ...],
        *,
        stem_stride: int,
        statistics: int,
        dropout: float,
    ) -> None:
        super().__init__()
        self.highpass = reads()
        self.stem = _convolved(reads.channels, widths[0], stride=stem_stride)
        self.stages = nn.ModuleList()
        for index, (width, depth) in enumerate(zip(widths, blocks, strict=True)):
            entry = [_convolved(widths[index - 1], width, stride=2)] if index else []
            self.stages.append(nn.Sequential(*entry, *(Residual(width) for _ in range(depth))))
        pooled = 2 * sum(widths)
        hidden = [nn.Dropout(dropout), nn.Linear(pooled, statistics), nn.ReLU()] if statistics else []
        self.moments = nn.Sequential(nn.BatchNorm1d(pooled), *hidden)
        self.size = widths[-1] + (statistics or pooled)

    def forward(self, pixels: Tensor) -> tuple[Tensor, Tensor]:
        features = self.stem(self.highpass(pixels).contiguous(memory_format=torch.channels_last))
        moments = []
        for stage in self.stages:
            features = stage(features)
            moments += _moments(features.float())
        means = moments[-2]
        return torch.cat([means, self.moments(torch.cat(moments, 1)).float()], 1), features.float()


class Residual(nn.Module):
    """Two 3×3 convolutions beside a shortcut."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.first = _convolved(width, width)
        self.second = nn.Sequential(nn.Conv2d(width, width, 3, padding=1, bias=False), nn.BatchNorm2d(width))

    def forward(self, features: Tensor) -> Tensor:
        return torch.relu(features + self.second(self.first(features)))


def evidence(features: Tensor, head: nn.Linear, logit: Tensor) -> Tensor:
    """The map float32 [N, h, w]: what the head makes of each place's features [N, C, h, w], whose means the embedding
    begins with (class activation mapping: Zhou et al., CVPR 2016). All else that it reads is the same everywhere.
    """
    channels = int(features.shape[1])
    # `split` and no slice: the exporter computes a slice of weights ahead, and the map of a head that is replaced in
    # the file would stay the old one's.
    weight, _ = head.weight.split([channels, head.in_features - channels], 1)
    places = functional.conv2d(features, weight[:, :, None, None]).squeeze(1)
    return places + (logit - places.mean((1, 2)))[:, None, None]


def _convolved(before: int, after: int, *, stride: int = 1) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(before, after, 3, stride=stride, padding=1, bias=False), nn.BatchNorm2d(after), nn.ReLU(inplace=True)
    )


def _moments(features: Tensor) -> list[Tensor]:
    """Mean and deviation over the picture, float32 [N, channels] each."""
    mean = features.mean((2, 3))
    variance = (features * features).mean((2, 3)) - mean * mean
    return [mean, torch.sqrt(torch.relu(variance) + 1e-4)]
