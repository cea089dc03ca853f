"""The residual network of 18 layers of He et al., "Deep Residual Learning" (CVPR 2016, arXiv 1512.03385)."""

from collections.abc import Callable

import torch
from torch import Tensor, nn

from services.retrainer.networks.outputs import Outputs, headed
from services.retrainer.networks.planes import planes

SMALL = 64
"""Up to this side, in px, a picture enters at full size, as in the paper's CIFAR networks: the stem for larger
ones would leave a single position of a 32 px picture.
"""

Refine = Callable[[int], nn.Module]
"""From a number of channels to what a block does with its features before they meet the shortcut."""


class ResNet(nn.Module):
    """`pixels` uint8 [N, side, side, 3] RGB to Outputs, the logit above 0 for AI-generated.

    Four stages of two blocks, of `filters`, 2, 4 and 8 times as many. `side` chooses the stem alone; the rest
    takes any size.
    """

    def __init__(
        self, *, side: int = 128, filters: int = 64, dropout: float = 0.0, refine: Refine = nn.Identity
    ) -> None:
        super().__init__()
        stem = _small_stem(filters) if side <= SMALL else _large_stem(filters)
        stages: list[nn.Module] = []
        for index in range(4):
            width, before = filters * 2**index, filters * 2 ** max(0, index - 1)
            stages += [Block(before, width, stride=1 + (index > 0), refine=refine), Block(width, width, refine=refine)]
        self.features = nn.Sequential(stem, *stages)
        self.dropout = nn.Dropout(dropout)
        self.head = nn.Linear(8 * filters, 1)
        self.apply(_initialise)

    def forward(self, pixels: Tensor) -> Outputs:
        return headed(self.head, self.features(planes(pixels)).mean((2, 3)), self.dropout)


class Block(nn.Module):
    """Two 3×3 convolutions beside a shortcut, which is a 1×1 convolution where the shape changes."""

    def __init__(self, before: int, after: int, *, stride: int = 1, refine: Refine) -> None:
        super().__init__()
        self.residual = nn.Sequential(
            *_normalised(before, after, 3, stride=stride), nn.ReLU(), *_normalised(after, after, 3), refine(after)
        )
        same = stride == 1 and before == after
        self.shortcut = nn.Identity() if same else nn.Sequential(*_normalised(before, after, 1, stride=stride))

    def forward(self, features: Tensor) -> Tensor:
        return torch.relu(self.residual(features) + self.shortcut(features))


def _small_stem(filters: int) -> nn.Module:
    return nn.Sequential(*_normalised(3, filters, 3), nn.ReLU())


def _large_stem(filters: int) -> nn.Module:
    return nn.Sequential(*_normalised(3, filters, 7, stride=2), nn.ReLU(), nn.MaxPool2d(3, 2, padding=1))


def _normalised(before: int, after: int, kernel: int, *, stride: int = 1) -> list[nn.Module]:
    convolution = nn.Conv2d(before, after, kernel, stride=stride, padding=kernel // 2, bias=False)
    return [convolution, nn.BatchNorm2d(after)]


def _initialise(module: nn.Module) -> None:
    """He et al., "Delving Deep into Rectifiers" (ICCV 2015)."""
    if isinstance(module, nn.Conv2d):
        nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
