"""The CNN of AI-art-vs-non-AI-art, a variant of Bird & Lotfi's for the paintings of AI-ArtBench."""

from torch import Tensor, nn

from services.retrainer.networks.outputs import Outputs
from services.retrainer.networks.planes import planes


class ArtbenchCnn(nn.Module):
    """`pixels` uint8 [N, side, side, 3] RGB to Outputs, the logit above 0 for AI-generated.

    The project states two layers of 64 filters and 186,370 weights at 32 px. Of the usual shapes one gives that
    number: convolutions without padding (the last map is 6×6), dense 64, and two outputs under a softmax:
    1,792 + 36,928 + 147,520 + 130. At 128 px the same shape has 3,725,314, and they state 3.7 million. The logit
    is the difference of the two outputs, of which their softmax is the sigmoid. Two outputs are no head of one logit:
    there is no embedding.
    """

    def __init__(self, *, side: int = 32, filters: int = 64, dense: int = 64, dropout: float = 0.0) -> None:
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(3, filters, 3), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(filters, filters, 3), nn.ReLU(), nn.MaxPool2d(2),
        )  # fmt: skip
        last = ((side - 2) // 2 - 2) // 2
        self.head = nn.Sequential(
            nn.Flatten(),
            nn.Dropout(dropout),
            nn.Linear(filters * last**2, dense),
            nn.ReLU(),
            nn.Dropout(dropout),
            nn.Linear(dense, 2),
        )

    def forward(self, pixels: Tensor) -> Outputs:
        human, ai = self.head(self.features(planes(pixels))).unbind(1)
        return Outputs(logit=ai - human)
