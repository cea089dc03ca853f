"""Fixed filters that take brightness and colour away and leave structure: how neighbouring pixels relate."""

import torch
from torch import Tensor, nn
from torch.nn import functional

LUMA = ((5, 9, 2), (-3, -5, 8), (8, -7, -1))
"""RGB to sixteenths of Y, Cb and Cr, nearly JFIF's. Like the blur's, these weights are sums of a few powers of two:
what a pixel differs from its neighbours by is then exact in float32, and two runtimes agree where a picture is flat."""

BLUR = (1, 4, 6, 4, 1)
"""A binomial of every second pixel, about a Gaussian of 2 px."""

LEAST_DEVIATION = 0.1
"""In steps of 8-bit brightness."""


def colours() -> Tensor:
    """RGB to Y, Cb and Cr as a kernel, float32 [3, 3, 1, 1]."""
    return torch.tensor(LUMA, dtype=torch.float32)[:, :, None, None] / 16


class Structure(nn.Module):
    """`pixels` uint8 [N, H, W, 3] to float32 [N, 6, H, W], each plane about -2 to 2.

    Luma less its local mean over its local deviation, as natural scene statistics normalise it (Mittal et al.,
    BRISQUE, IEEE TIP 2012), that deviation's logarithm, and second differences (SRM's 3×3 kernel: Fridrich &
    Kodovský, IEEE TIFS 2012) of luma at two gains and of both colour differences. A network that reads plain RGB
    learns its owners' subjects and palettes instead.
    """

    channels = 6
    colours: Tensor
    kernel: Tensor

    def __init__(self) -> None:
        super().__init__()
        kernel = torch.tensor([[-1.0, 2.0, -1.0], [2.0, -4.0, 2.0], [-1.0, 2.0, -1.0]]) / 4
        self.register_buffer("kernel", kernel.expand(3, 1, 3, 3).contiguous(), persistent=False)
        self.register_buffer("colours", colours(), persistent=False)

    @torch.no_grad()
    def forward(self, pixels: Tensor) -> Tensor:
        # bfloat16 cannot tell 254 from 255.
        with torch.autocast(pixels.device.type, enabled=False):
            planes = functional.conv2d(pixels.permute(0, 3, 1, 2).to(torch.float32), self.colours)
            contrast, deviation = local_contrast(planes[:, :1])
            second = functional.conv2d(functional.pad(planes, (1, 1, 1, 1), mode="replicate"), self.kernel, groups=3)
            luma, colour = second[:, :1], second[:, 1:]
            parts = (contrast, torch.log(deviation + 1) / 2 - 1, luma / 3, luma / 12, colour / 1.5)
            return functional.hardtanh(torch.cat(parts, 1), -4, 4)


def local_contrast(planes: Tensor) -> tuple[Tensor, Tensor]:
    """Planes [N, C, H, W] in steps of 8-bit brightness → (local contrast, local deviation), each of that shape."""
    # Squares of what is left, not the mean of squares less the square of the mean: that difference of large numbers
    # is mostly rounding where a picture is flat.
    left = planes - _blurred(planes)
    deviation = torch.sqrt(_blurred(left * left) + LEAST_DEVIATION**2)
    return left / (deviation + 1), deviation


def _blurred(planes: Tensor) -> Tensor:
    row = torch.tensor(BLUR, dtype=planes.dtype, device=planes.device)
    channels = int(planes.shape[1])
    kernel = torch.outer(row, row).expand(channels, 1, -1, -1) / 256
    padded = functional.pad(planes, (4, 4, 4, 4), mode="replicate")
    return functional.conv2d(padded, kernel, dilation=2, groups=channels)
