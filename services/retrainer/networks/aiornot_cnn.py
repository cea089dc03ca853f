"""The CNN of aiornot, a search for AI-made identity photographs, after its published description."""

from torch import Tensor, nn

from services.retrainer.networks.outputs import Outputs, headed
from services.retrainer.networks.planes import planes

DENSE = 256
"""Units of the dense layer, which become the channels of the sequence of one step."""


class AiornotCnn(nn.Module):
    """`pixels` uint8 [N, side, side, 3] RGB to Outputs, the logit above 0 for AI-generated.

    Three blocks of two convolutions, of `filters`, twice and four times as many; a dense layer; three convolutions
    over a sequence of one step. On one step pooling changes nothing, so there is none, and all taps but the
    middle one meet padding alone: 2.6 of the 3.5 million weights there never learn. The description has them, and
    so has this.
    """

    def __init__(self, *, side: int = 256, filters: int = 32, dropout: float = 0.25) -> None:
        super().__init__()
        widths = [filters, 2 * filters, 4 * filters]
        self.features = nn.Sequential(
            *(_block(*pair, dropout=dropout) for pair in zip([3, *widths[:2]], widths, strict=True))
        )
        self.dense = nn.Sequential(
            nn.Flatten(), nn.Linear(widths[-1] * (side // 8) ** 2, DENSE), nn.BatchNorm1d(DENSE), nn.ReLU()
        )
        self.sequence = nn.Sequential(
            nn.Conv1d(DENSE, 512, 5, padding=2), nn.ReLU(),
            nn.Conv1d(512, 512, 5, padding=2), nn.ReLU(),
            nn.Conv1d(512, 1024, 3, padding=1), nn.ReLU(),
            nn.Flatten(),
        )  # fmt: skip
        self.dropout = nn.Dropout(dropout)
        self.head = nn.Linear(1024, 1)

    def forward(self, pixels: Tensor) -> Outputs:
        one_step = self.dense(self.features(planes(pixels))).unsqueeze(2)
        return headed(self.head, self.sequence(one_step), self.dropout)


def _block(before: int, after: int, *, dropout: float) -> nn.Sequential:
    """The first convolution has a bias, the second none, since batch normalisation follows."""
    return nn.Sequential(
        nn.Conv2d(before, after, 3, padding=1),
        nn.ReLU(),
        nn.Conv2d(after, after, 3, padding=1, bias=False),
        nn.BatchNorm2d(after),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Dropout(dropout),
    )
