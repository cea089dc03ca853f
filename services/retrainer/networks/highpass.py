"""Fixed filters that remove what a picture shows and leave how it was made."""

import torch
from torch import Tensor, nn
from torch.nn import functional

RESIDUAL_GAIN = 8.0
"""Residuals are small: a gain brings them to the spread of the colours."""


class HighPass(nn.Module):
    """`pixels` uint8 [N, H, W, 3] to float32 [N, 9, H, W]: RGB, neighbouring-pixel residual, second difference.

    The residual of a picture and its half-size copy shows up-sampling (NPR: Tan et al., CVPR 2024, arXiv
    2312.10461); the second difference is the 3×3 kernel of the rich models of steganalysis (SRM: Fridrich &
    Kodovský, IEEE TIFS 2012). Colours stay, since residuals alone are blind after compression.
    """

    channels = 9
    kernel: Tensor

    def __init__(self) -> None:
        super().__init__()
        kernel = torch.tensor([[-1.0, 2.0, -1.0], [2.0, -4.0, 2.0], [-1.0, 2.0, -1.0]]) / 4
        self.register_buffer("kernel", kernel.expand(3, 1, 3, 3).contiguous(), persistent=False)

    def forward(self, pixels: Tensor) -> Tensor:
        picture = pixels.permute(0, 3, 1, 2).to(torch.float32) / 255
        halved = functional.avg_pool2d(picture, 2, ceil_mode=True)
        doubled = functional.interpolate(halved, scale_factor=2.0, mode="nearest")
        neighbouring = picture - doubled[:, :, : picture.shape[2], : picture.shape[3]]
        differences = functional.conv2d(functional.pad(picture, (1, 1, 1, 1), mode="replicate"), self.kernel, groups=3)
        residuals = torch.cat([neighbouring, differences], 1) * RESIDUAL_GAIN
        return torch.cat([(picture - 0.5) / 0.25, functional.hardtanh(residuals, -2, 2)], 1)
