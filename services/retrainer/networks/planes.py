"""The first step of every network here."""

import torch
from torch import Tensor


def planes(pixels: Tensor) -> Tensor:
    """`pixels` uint8 [N, H, W, 3] RGB as float32 [N, 3, H, W] in [-2, 2]."""
    return (pixels.permute(0, 3, 1, 2).to(torch.float32) / 255 - 0.5) / 0.25
