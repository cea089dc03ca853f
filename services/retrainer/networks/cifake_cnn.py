"""The CNN of Bird & Lotfi, "CIFAKE: Image Classification and Explainable Identification of AI-Generated
Synthetic Images" (IEEE Access 2024, arXiv 2303.14126), and the topologies among which they chose.
"""

from torch import Tensor, nn

from services.retrainer.networks.outputs import Outputs, headed
from services.retrainer.networks.planes import planes


class CifakeCnn(nn.Module):
    """`pixels` uint8 [N, side, side, 3] RGB to Outputs, the logit above 0 for AI-generated.

    `layers` convolutions of `filters` each, every one followed by 2×2 max pooling, then `dense_layers` of `dense`
    units; none where `dense` is 0. Batch normalisation (`norm`) and `dropout` are ours: the paper has neither.
    """

    def __init__(
        self,
        *,
        side: int = 32,
        filters: int = 32,
        layers: int = 2,
        dense: int = 64,
        dense_layers: int = 1,
        dropout: float = 0.3,
        norm: bool = True,
    ) -> None:
        super().__init__()
        self.features = nn.Sequential()
        for index in range(layers):
            self.features.extend(_convolution(filters if index else 3, filters, norm=norm))
        self.dense = nn.Sequential(nn.Flatten())
        self.dropout = nn.Dropout(dropout)
        width = filters * (side // 2**layers) ** 2
        for _ in range(dense_layers if dense else 0):
            self.dense.extend([nn.Dropout(dropout), nn.Linear(width, dense), nn.ReLU()])
            width = dense
        self.head = nn.Linear(width, 1)

    def forward(self, pixels: Tensor) -> Outputs:
        return headed(self.head, self.dense(self.features(planes(pixels))), self.dropout)


def _convolution(before: int, after: int, *, norm: bool) -> list[nn.Module]:
    normalised = [nn.BatchNorm2d(after)] if norm else []
    return [nn.Conv2d(before, after, 3, padding=1), *normalised, nn.ReLU(), nn.MaxPool2d(2)]
