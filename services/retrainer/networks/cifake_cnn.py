"""The CNN of Bird & Lotfi, "CIFAKE: Image Classification and Explainable Identification of AI-Generated
Synthetic Images" (IEEE Access 2024, arXiv 2303.14126): two layers of 32 filters, dense 64.
"""

import torch
from torch import Tensor, nn


class CifakeCnn(nn.Module):
    """`pixels` uint8 [N, 32, 32, 3] RGB to logits float32 [N], above 0 for AI-generated."""

    def __init__(self, *, filters: int = 32, dense: int = 64, dropout: float = 0.3) -> None:
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(3, filters, 3, padding=1),
            nn.BatchNorm2d(filters),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Conv2d(filters, filters, 3, padding=1),
            nn.BatchNorm2d(filters),
            nn.ReLU(),
            nn.MaxPool2d(2),
        )
        self.head = nn.Sequential(
            nn.Flatten(),
            nn.Dropout(dropout),
            nn.Linear(filters * 8 * 8, dense),
            nn.ReLU(),
            nn.Dropout(dropout),
            nn.Linear(dense, 1),
        )

    def forward(self, pixels: Tensor) -> Tensor:
        scaled = (pixels.permute(0, 3, 1, 2).to(torch.float32) / 255 - 0.5) / 0.25
        logits: Tensor = self.head(self.features(scaled))
        return logits.squeeze(1)
