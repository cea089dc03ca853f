"""A residual network with attention: Woo et al., "CBAM: Convolutional Block Attention Module" (ECCV 2018,
arXiv 1807.06521).
"""

import torch
from torch import Tensor, nn

from services.retrainer.networks.resnet import ResNet

REDUCTION = 16
"""Channels to hidden units, in the channel attention."""


class CbamResNet(ResNet):
    """`ResNet` whose blocks weigh their residual before it is added: which channels count, then where."""

    def __init__(self, *, side: int = 128, filters: int = 64, dropout: float = 0.0) -> None:
        super().__init__(side=side, filters=filters, dropout=dropout, refine=Cbam)


class Cbam(nn.Module):
    """Features float32 [N, C, h, w], weighed by channel and then by position."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.channel = ChannelAttention(channels)
        self.spatial = SpatialAttention()

    def forward(self, features: Tensor) -> Tensor:
        features = features * self.channel(features)
        weighed: Tensor = features * self.spatial(features)
        return weighed


class ChannelAttention(nn.Module):
    """Weights in (0, 1), [N, C, 1, 1], from the channels' means and maxima through one small network."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        hidden = max(1, channels // REDUCTION)
        self.shared = nn.Sequential(
            nn.Conv2d(channels, hidden, 1, bias=False), nn.ReLU(), nn.Conv2d(hidden, channels, 1, bias=False)
        )

    def forward(self, features: Tensor) -> Tensor:
        mean, highest = features.mean((2, 3), keepdim=True), features.amax((2, 3), keepdim=True)
        return torch.sigmoid(self.shared(mean) + self.shared(highest))


class SpatialAttention(nn.Module):
    """Weights in (0, 1), [N, 1, h, w], from each position's mean and maximum over the channels."""

    def __init__(self) -> None:
        super().__init__()
        self.convolution = nn.Conv2d(2, 1, 7, padding=3, bias=False)

    def forward(self, features: Tensor) -> Tensor:
        described = torch.cat([features.mean(1, keepdim=True), features.amax(1, keepdim=True)], 1)
        return torch.sigmoid(self.convolution(described))
