"""Texture statistics of a picture as a fixed layer: what hand-made forensics counts, at two coarse scales."""

import hashlib
from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from services.retrainer.networks.structure import colours, local_contrast

SCALES = 2
"""The picture at a half and a quarter of its sides. Full size adds nothing once a picture was rescaled and compressed,
and an eighth nothing to these."""

PLANES = ("luma", "cb", "cr", "contrast")
COUNTED = (("luma", 1.0), ("contrast", 0.3), ("cb", 1.0), ("cr", 1.0))
"""Planes, each with a step in which differences of its neighbours are rounded, softly, to LEVELS."""

LEVELS = (-2, -1, 0, 1, 2)

# Between these, softly: local contrast of luma, Cb and Cr, the logarithm of luma's deviation, and second differences
# of all three.
CONTRASTS = (-2, -1.5, -1.2, -0.9, -0.7, -0.5, -0.35, -0.2, -0.1, 0, 0.1, 0.2, 0.35, 0.5, 0.7, 0.9, 1.2, 1.5, 2)
DEVIATIONS = tuple(-1.5 + 0.5 * index for index in range(12))
RESIDUALS = (0.25, 0.5, 1, 1.5, 2, 3, 4, 6, 8, 12, 16, 24, 48)
EDGES = (CONTRASTS, CONTRASTS, CONTRASTS, DEVIATIONS, RESIDUALS, RESIDUALS, RESIDUALS)

Step = tuple[int, int]
"""To a neighbour: rows down, columns right."""

DIRECTIONS: tuple[Step, ...] = ((0, 1), (1, 0), (1, 1), (1, -1))


class Texture(nn.Module):
    """`pixels` uint8 [N, H, W, 3], sides of 32 px and more, to float32 [N, F], the same for every size.

    At each scale: co-occurrences of rounded differences (SPAM: Pevný, Bas & Fridrich, IEEE TIFS 2010) of luma, chroma
    and local contrast; histograms of local contrast and deviation, and how contrast goes with its neighbours' (BRISQUE:
    Mittal et al., IEEE TIP 2012); size and shape of second differences (SRM's 3×3 kernel: Fridrich & Kodovský, IEEE
    TIFS 2012). Rounding is soft, so that the last bit of a pixel never decides.
    """

    def __init__(self) -> None:
        super().__init__()
        # Convolutions of ones and zeros: a runtime does in one pass what comparing and subtracting would do in ten.
        constants = {
            "colours": colours(),
            "second": _second_differences(),
            "alike": _alike(),
            **dict(zip(("rises", "rises_bias"), _rises(), strict=True)),
            **dict(zip(("levels", "levels_bias"), _between([len(LEVELS) - 1] * len(COUNTED)), strict=True)),
            **dict(zip(("beyond", "beyond_bias"), _beyond(), strict=True)),
            **dict(zip(("shares", "shares_bias"), _shares(), strict=True)),
        }
        for name, constant in constants.items():
            self.register_buffer(name, constant, persistent=False)

    def fingerprint(self) -> str:
        """SHA-256 of what is counted: statistics of another layer must not be taken for its."""
        whole = hashlib.sha256()
        for name, constant in self.named_buffers():
            whole.update(name.encode() + constant.numpy().tobytes())
        return whole.hexdigest()

    @torch.no_grad()
    def forward(self, pixels: Tensor) -> Tensor:
        planes = functional.conv2d(pixels.permute(0, 3, 1, 2).to(torch.float32), self.colours)
        found = []
        for _ in range(SCALES):
            planes = functional.avg_pool2d(planes, 2)
            contrast, deviation = local_contrast(planes)
            residuals = functional.conv2d(planes, self.second, groups=3)
            found += [
                self._co_occurrences(torch.cat([planes, contrast[:, :1]], 1)),
                self._histograms(torch.cat([contrast, torch.log(deviation[:, :1] + 0.1)], 1), residuals),
                _neighbours(contrast[:, :1]),
                *_shape(residuals),
            ]
        return torch.cat(found, 1)

    def _co_occurrences(self, planes: Tensor) -> Tensor:
        """Of a difference with the next one, the one after it, and the one beside, across and down together."""
        across, down = self._levels(planes, self.rises), self._levels(planes, self.rises.transpose(2, 3))
        pairs = _pairs(across, ((0, 1), (0, 2), (1, 0))) + _pairs(down, ((1, 0), (2, 0), (0, 1)))
        return _roots(pairs @ self.alike / 2)

    def _levels(self, planes: Tensor, rises: Tensor) -> Tensor:
        """Planes [N, 4, h, w] → how much each difference is of every level, [N, P · 5, h, w - 1]; five sum to 1."""
        above = functional.hardtanh(functional.conv2d(planes, rises, self.rises_bias), 0, 1)
        return functional.conv2d(above, self.levels, self.levels_bias)

    def _histograms(self, planes: Tensor, residuals: Tensor) -> Tensor:
        """Roots of the shares between EDGES, [N, sum of (E + 1)]; a value moves over within a width."""
        counted = torch.cat([planes[:, :, 1:-1, 1:-1], residuals.abs()], 1)
        beyond = functional.hardtanh(functional.conv2d(counted, self.beyond, self.beyond_bias), 0, 1)
        return _roots(functional.conv2d(functional.adaptive_avg_pool2d(beyond, 1), self.shares, self.shares_bias))


def _second_differences() -> Tensor:
    kernel = torch.tensor([[1.0, -2.0, 1.0], [-2.0, 4.0, -2.0], [1.0, -2.0, 1.0]]) / 4
    return kernel.expand(3, 1, 3, 3).contiguous()


def _rises() -> tuple[Tensor, Tensor]:
    """A kernel [P · 4, 4, 1, 2] and its bias: after clamping to 0 and 1, how far a difference is above each level."""
    rises = LEVELS[:-1]
    kernel = torch.zeros(len(COUNTED), len(rises), len(PLANES), 1, 2)
    for index, (plane, step) in enumerate(COUNTED):
        kernel[index, :, PLANES.index(plane), 0] = torch.tensor([-1 / step, 1 / step])
    return kernel.flatten(0, 1), -torch.tensor(rises, dtype=torch.float32).repeat(len(COUNTED))


def _beyond() -> tuple[Tensor, Tensor]:
    """A kernel [sum of E, 7, 1, 1] and its bias: after clamping to 0 and 1, how far a value is beyond each edge.

    Beyond is above an edge from 0 on, and below a negative one: what is rare at either end is then a small sum, and not
    what is left of 1 with its rounding.
    """
    kernel, bias = torch.zeros(sum(map(len, EDGES)), len(EDGES), 1, 1), []
    for channel, own in enumerate(EDGES):
        edges = torch.tensor(own, dtype=torch.float32)
        widths = torch.diff(edges, append=2 * edges[-1:] - edges[-2:-1])
        done = sum(map(len, bias))
        kernel[done : done + len(edges), channel, 0, 0] = torch.where(edges < 0, -1, 1) / widths
        bias.append(torch.where(edges < 0, edges / widths + 1, -edges / widths))
    return kernel, torch.cat(bias)


def _shares() -> tuple[Tensor, Tensor]:
    """As `_between`, for what `_beyond` says of EDGES."""
    kernel, bias = _between([len(edges) for edges in EDGES])
    flipped = torch.tensor([edge < 0 for edges in EDGES for edge in edges])
    bias = bias + kernel[:, flipped].sum((1, 2, 3))
    return torch.where(flipped[:, None, None], -kernel, kernel), bias


def _between(counts: Sequence[int]) -> tuple[Tensor, Tensor]:
    """A kernel [sum of (E + 1), sum of E, 1, 1] and its bias, for groups of `counts` edges.

    They turn how much is above each edge into how much lies below the first, between two, and above the last.
    """
    blocks, bias = [], []
    for count in counts:
        steps = torch.zeros(count + 1, count)
        steps[1:] += torch.eye(count)
        steps[:-1] -= torch.eye(count)
        blocks.append(steps)
        bias.append(functional.one_hot(torch.tensor(0), count + 1).to(torch.float32))
    return torch.block_diag(*blocks)[:, :, None, None], torch.cat(bias)


def _alike() -> Tensor:
    """0 or 1, float32 [25, K]: sums the pairs of levels that are one another's swap or negative."""
    count = len(LEVELS)
    a, b = np.indices((count, count)).reshape(2, -1)
    same = [count * a + b, count * b + a]
    same += [count**2 - 1 - pair for pair in same]
    _, number = np.unique(np.min(same, axis=0), return_inverse=True)
    return torch.from_numpy((number[:, None] == np.arange(number.max() + 1)).astype(np.float32))


def _pairs(levels: Tensor, steps: tuple[Step, ...]) -> Tensor:
    """Shares of the pairs of levels [N, P · 5, h, w] at a place and `steps` from it: [N, steps · P, 25]."""
    count, planes = len(LEVELS), len(COUNTED)
    # Whole numbers, not traced ones: the exported graph then computes no shapes.
    height, width = (int(side) - max(step[axis] for step in steps) for axis, side in enumerate(levels.shape[2:]))

    def seen(down: int, right: int) -> Tensor:
        piece = levels[:, :, down : down + height, right : right + width]
        return piece.reshape(-1, planes, count, height * width)

    others = torch.cat([seen(*step) for step in steps], 2)
    shares = seen(0, 0) @ others.transpose(2, 3) / (height * width)
    by_step = shares.reshape(-1, planes * count, len(steps), count).transpose(1, 2)
    return by_step.reshape(-1, len(steps) * planes, count**2)


def _neighbours(contrast: Tensor) -> Tensor:
    """Mean product of contrast with its neighbour's in each direction, [N, 4]."""
    height, width = (int(side) for side in contrast.shape[2:])
    around = [contrast[:, :, 1 + y : height - 1 + y, 1 + x : width - 1 + x] for y, x in DIRECTIONS]
    return (torch.cat(around, 1) * contrast[:, :, 1:-1, 1:-1]).mean((2, 3))


def _shape(residuals: Tensor) -> list[Tensor]:
    """Of second differences, [N, 3] each: scale, mean size in it, and tails."""
    square = residuals * residuals
    power = square.mean((2, 3)) + 1e-3
    return [
        torch.log(power) / 2,
        residuals.abs().mean((2, 3)) / torch.sqrt(power),
        torch.log((square * square).mean((2, 3)) / (power * power) + 1e-3),
    ]


def _roots(shares: Tensor) -> Tensor:
    """Roots let rare things count; [N, …] becomes [N, F]."""
    return torch.sqrt(torch.relu(shares) + 1e-5).flatten(1)
