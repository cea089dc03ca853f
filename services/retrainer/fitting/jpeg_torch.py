"""What a round of JPEG does to pictures, computed where they lie: quantisation without the file around it.

Baseline JPEG as libjpeg does it (ITU-T T.81): YCbCr of JFIF, chroma at half resolution by means of four and back by
triangles, 8×8 cosine transform, the tables of annex K scaled by quality. Entropy coding loses nothing and is left out.
"""

import math

import torch
from torch import Tensor
from torch.nn import functional

LUMA = (
    16, 11, 10, 16, 24, 40, 51, 61, 12, 12, 14, 19, 26, 58, 60, 55, 14, 13, 16, 24, 40, 57, 69, 56,
    14, 17, 22, 29, 51, 87, 80, 62, 18, 22, 37, 56, 68, 109, 103, 77, 24, 35, 55, 64, 81, 104, 113, 92,
    49, 64, 78, 87, 103, 121, 120, 101, 72, 92, 95, 98, 112, 100, 103, 99,
)  # fmt: skip
CHROMA = (
    17, 18, 24, 47, 99, 99, 99, 99, 18, 21, 26, 66, 99, 99, 99, 99, 24, 26, 56, 99, 99, 99, 99, 99,
    47, 66, 99, 99, 99, 99, 99, 99, *(99,) * 32,
)  # fmt: skip

TO_YCC = ((0.299, 0.587, 0.114), (-0.168735892, -0.331264108, 0.5), (0.5, -0.418687589, -0.081312411))
TO_RGB = ((1.0, 0.0, 1.402), (1.0, -0.344136286, -0.714136286), (1.0, 1.772, 0.0))


def jpeg(pictures: Tensor, qualities: Tensor, *, halved: bool) -> Tensor:
    """Pictures float32 [N, 3, H, W] of whole numbers in [0, 255], each at its quality, [N] in 1 to 100.

    `halved` is chroma at half resolution (4:2:0).
    """
    height, width = pictures.shape[2:]
    unit = 16 if halved else 8
    wide = functional.pad(pictures, (0, -width % unit, 0, -height % unit), mode="replicate")
    planes = _mixed(wide, TO_YCC)
    luma, chroma = planes[:, :1], planes[:, 1:] + 128
    luma = _quantised(_whole(luma), LUMA, qualities)
    if halved:
        chroma = functional.interpolate(
            _quantised(_halved(_whole(chroma)), CHROMA, qualities), scale_factor=2, mode="bilinear"
        )
    else:
        chroma = _quantised(_whole(chroma), CHROMA, qualities)
    rgb = _mixed(torch.cat([luma, _whole(chroma) - 128], 1), TO_RGB)
    return _whole(rgb).clamp(0, 255)[:, :, :height, :width]


def table(base: tuple[int, ...], qualities: Tensor) -> Tensor:
    """Quantisation steps by libjpeg's rule, float32 [N, 8, 8]."""
    scale = torch.where(qualities < 50, 5000 // qualities, 200 - 2 * qualities)
    steps = (torch.tensor(base, device=qualities.device) * scale[:, None] + 50) // 100
    return steps.clamp(1, 255).reshape(-1, 8, 8).to(torch.float32)


def _quantised(planes: Tensor, base: tuple[int, ...], qualities: Tensor) -> Tensor:
    """Planes [N, C, H, W], sides multiples of 8, through the cosine transform and back."""
    count, channels, height, width = planes.shape
    cosines = _cosines(planes.device)
    steps = table(base, qualities)[:, None, None, None]
    blocks = planes.reshape(count, channels, height // 8, 8, width // 8, 8).transpose(3, 4) - 128
    eighths = _whole(8 * (cosines @ blocks @ cosines.T))  # libjpeg's unit; with it halves are exact, and leave 0
    frequencies = torch.sign(eighths) * torch.floor((eighths.abs() + 4 * steps) / (8 * steps)) * steps
    kept = (cosines.T @ frequencies @ cosines + 128.5).floor().clamp(0, 255)
    return kept.transpose(3, 4).reshape(planes.shape)


def _halved(planes: Tensor) -> Tensor:
    """Means of four; libjpeg rounds them up in every other column, so that the picture grows no brighter."""
    means = functional.avg_pool2d(planes, 2)
    up = torch.arange(means.shape[3], device=planes.device) % 2
    return torch.floor(means + 0.25 + 0.25 * up)


def _whole(values: Tensor) -> Tensor:
    """The nearest whole numbers, halves rounded up."""
    return torch.floor(values + 0.5)


def _mixed(planes: Tensor, matrix: tuple[tuple[float, ...], ...]) -> Tensor:
    return torch.einsum("oc,nchw->nohw", torch.tensor(matrix, device=planes.device), planes)


def _cosines(device: torch.device) -> Tensor:
    """The orthonormal DCT-II, [8, 8]: rows are frequencies."""
    place = torch.arange(8, device=device, dtype=torch.float32)
    waves = torch.cos(math.pi / 8 * place[:, None] * (place + 0.5)) / 2
    waves[0] /= math.sqrt(2)
    return waves
