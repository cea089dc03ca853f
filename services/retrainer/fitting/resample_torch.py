"""Resizing and blurring as matrices, as Pillow computes them: one product for the rows, one for the columns."""

import math
from collections.abc import Callable, Sequence

import torch
from PIL import Image
from torch import Tensor

Resampling = Image.Resampling

KERNELS: dict[Image.Resampling, tuple[float, Callable[[Tensor], Tensor]]] = {
    Resampling.BOX: (0.5, lambda x: ((x > -0.5) & (x <= 0.5)).to(x.dtype)),
    Resampling.BILINEAR: (1.0, lambda x: (1 - x.abs()).clamp(min=0)),
    Resampling.HAMMING: (1.0, lambda x: torch.sinc(x) * (0.54 + 0.46 * torch.cos(math.pi * x)) * (x.abs() < 1)),
    Resampling.BICUBIC: (2.0, lambda x: _cubic(x.abs())),
    Resampling.LANCZOS: (3.0, lambda x: torch.sinc(x) * torch.sinc(x / 3) * (x.abs() < 3)),
}
"""Half of the width of each filter, and its value."""

BOXES = 3


def resizing(windows: Sequence[int], resamples: Sequence[Image.Resampling], size: int, device: torch.device) -> Tensor:
    """Weights float32 [N, size, W] that turn `windows` px, the first of W the widest of them, into `size` px."""
    # In double precision and with Pillow's bounds: whether a pixel still lies in a box is a matter of the last bit.
    sides = torch.tensor(windows, device=device, dtype=torch.float64)[:, None, None]
    scale = sides / size
    centre = (torch.arange(size, device=device)[:, None] + 0.5) * scale
    place = torch.arange(max(windows), device=device)
    wide = scale.clamp(min=1)
    reach = wide * torch.tensor([KERNELS[resample][0] for resample in resamples], device=device)[:, None, None]
    within = (place >= torch.floor(centre - reach + 0.5)) & (place < torch.floor(centre + reach + 0.5))
    distance = (place - centre + 0.5) / wide
    weights = torch.empty_like(distance)
    for resample, (_, kernel) in KERNELS.items():
        rows = [row for row, chosen in enumerate(resamples) if chosen == resample]
        weights[rows] = kernel(distance[rows])
    weights = weights * (within & (place < sides))
    return (weights / weights.sum(2, keepdim=True)).float()


def blurring(deviations: Sequence[float], size: int, device: torch.device) -> Tensor:
    """Weights float32 [N, size, size] of a blur, deviations in px; what lies outside is as the edge.

    Pillow's Gaussian is three boxes of a fractional width (Gwosdek et al., SSVM 2011).
    """
    boxes = torch.tensor([_box(deviation) for deviation in deviations], device=device, dtype=torch.float64)
    whole, rest = boxes[:, :1, None], boxes[:, 1:, None]
    reach = math.ceil(2 * max(deviations)) + 2
    place = torch.arange(-reach, size + reach, device=device)
    distance = (place - torch.arange(size, device=device)[:, None]).abs()
    weights = torch.where(distance <= whole, 1.0, torch.where(distance <= whole + 1, rest, 0.0))
    box = weights[:, :, reach : reach + size].clone()
    box[:, :, 0] += weights[:, :, :reach].sum(2)
    box[:, :, -1] += weights[:, :, reach + size :].sum(2)
    box = box / box.sum(2, keepdim=True)
    return (box @ box @ box).float()


def _box(deviation: float) -> tuple[float, float]:
    """Of one of BOXES boxes: the pixels that count wholly on either side, and the weight of the next one."""
    variance = deviation**2 / BOXES
    whole = math.floor((math.sqrt(12 * variance + 1) - 1) / 2)
    rest = (2 * whole + 1) * (whole * (whole + 1) - 3 * variance) / (6 * (variance - (whole + 1) ** 2))
    return whole, rest


def both_ways(pictures: Tensor, weights: Tensor) -> Tensor:
    """Pictures [N, C, H, W] by weights [N, size, H] down and [N, size, W] across; bytes in between, as Pillow's."""
    across = torch.floor(pictures @ weights.mT[:, None] + 0.5).clamp(0, 255)
    return torch.floor(weights[:, None] @ across + 0.5).clamp(0, 255)


def _cubic(x: Tensor) -> Tensor:
    """Keys' cubic convolution with a = -0.5."""
    near = (1.5 * x - 2.5) * x * x + 1
    far = ((-0.5 * x + 2.5) * x - 4) * x + 2
    return torch.where(x < 1, near, torch.where(x < 2, far, 0.0))
