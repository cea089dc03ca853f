"""Texture statistics of a picture as a fixed layer: what hand-made forensics counts, at two coarse scales."""

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from services.retrainer.networks.structure import colours, local_contrast

SCALES = 2
"""The picture at a half and a quarter of its sides. Full size adds nothing once a picture was rescaled and compressed,
and an eighth nothing to these."""

COUNTED = (
    ("luma", 1.0), ("luma", 2.0), ("luma", 4.0), ("luma", 8.0), ("contrast", 0.3), ("contrast", 0.8), ("contrast", 1.6),
    ("cb", 1.0), ("cb", 3.0), ("cr", 1.0), ("cr", 3.0),
)  # fmt: skip
"""Planes, each with a step in which differences of its neighbours are rounded, softly, to LEVELS."""

PLANES = ("luma", "contrast", "cb", "cr")
TOGETHER = ((1, 7), (1, 9), (7, 9), (3, 8), (3, 10), (1, 5), (8, 10))
"""Pairs of COUNTED whose differences at one place are counted together."""

LEVELS = (-2, -1, 0, 1, 2)

# Between these, softly: local contrast, its products with its neighbours', the logarithm of local deviation, residuals.
CONTRASTS = (-2, -1.5, -1.2, -0.9, -0.7, -0.5, -0.35, -0.2, -0.1, 0, 0.1, 0.2, 0.35, 0.5, 0.7, 0.9, 1.2, 1.5, 2)
PRODUCTS = tuple(0.7 * edge for edge in CONTRASTS[::2])
DEVIATIONS = tuple(-1.5 + 0.5 * index for index in range(12))
RESIDUALS = (0.25, 0.5, 1, 1.5, 2, 3, 4, 6, 8, 12, 16, 24, 48)


class Texture(nn.Module):
    """`pixels` uint8 [N, H, W, 3], sides of 32 px and more, to float32 [N, F], the same for every size.

    At each scale: co-occurrences of rounded differences (SPAM: Pevný, Bas & Fridrich, IEEE TIFS 2010; SRM: Fridrich &
    Kodovský, IEEE TIFS 2012) of luma, chroma and local contrast; histograms of local contrast and of its products
    with its neighbours' (BRISQUE: Mittal et al., IEEE TIP 2012); size and shape of second differences. Rounding is
    soft, so that the last bit of a pixel never decides.
    """

    def __init__(self) -> None:
        super().__init__()
        first, second = zip(*TOGETHER, strict=True)
        constants = {
            "colours": colours(),
            "plane": torch.tensor([PLANES.index(plane) for plane, _ in COUNTED]),
            "gain": torch.tensor([1 / step for _, step in COUNTED])[:, None, None],
            "rise": torch.tensor(LEVELS[:-1], dtype=torch.float32)[:, None, None],
            "first": torch.tensor(first),
            "second": torch.tensor(second),
            "alike": _alike(swapped=True),
            "negated": _alike(swapped=False),
            "contrasts": torch.tensor(CONTRASTS),
            "products": torch.tensor(PRODUCTS),
            "deviations": torch.tensor(DEVIATIONS),
            "residuals": torch.tensor(RESIDUALS),
        }
        for name, constant in constants.items():
            self.register_buffer(name, constant, persistent=False)

    @torch.no_grad()
    def forward(self, pixels: Tensor) -> Tensor:
        planes = functional.conv2d(pixels.permute(0, 3, 1, 2).to(torch.float32), self.colours)
        found = []
        for _ in range(SCALES):
            planes = functional.avg_pool2d(planes, 2)
            contrast, deviation = local_contrast(planes[:, :1])
            found += self._co_occurrences(torch.cat([planes[:, :1], contrast, planes[:, 1:]], 1))
            found += self._contrasts(contrast, deviation)
            found += self._residuals(planes)
        return torch.cat(found, 1)

    def _co_occurrences(self, planes: Tensor) -> list[Tensor]:
        """Of a difference with the next one, the one after it, and the one beside; and of two planes at one place."""
        scaled = planes[:, self.plane] * self.gain
        across = self._levels(scaled[..., 1:] - scaled[..., :-1])
        down = self._levels(scaled[..., 1:, :] - scaled[..., :-1, :])
        next_ = _shares(across[..., :-1], across[..., 1:]) + _shares(down[..., :-1, :], down[..., 1:, :])
        after = _shares(across[..., :-2], across[..., 2:]) + _shares(down[..., :-2, :], down[..., 2:, :])
        beside = _shares(across[..., :-1, :], across[..., 1:, :]) + _shares(down[..., :-1], down[..., 1:])
        here = _shares(across[:, self.first], across[:, self.second])
        here = here + _shares(down[:, self.first], down[:, self.second])
        return [_roots(torch.cat([next_, after, beside], 1) @ self.alike / 2), _roots(here @ self.negated / 2)]

    def _levels(self, differences: Tensor) -> Tensor:
        """[N, P, h, w] in steps → how much each is of every level, [N, P, 5, h, w]; they sum to 1."""
        return _between(torch.clamp(differences[:, :, None] - self.rise, 0, 1), dim=2)

    def _contrasts(self, contrast: Tensor, deviation: Tensor) -> list[Tensor]:
        inner, (height, width) = contrast[:, :, 1:-1, 1:-1], contrast.shape[2:]
        directions = ((0, 1), (1, 0), (1, 1), (1, -1))
        around = [contrast[:, :, 1 + y : height - 1 + y, 1 + x : width - 1 + x] for y, x in directions]
        products = torch.cat([inner * other for other in around], 1)
        return [
            _histogram(contrast, self.contrasts),
            _histogram(products, self.products),
            _histogram(torch.log(deviation + 0.1), self.deviations),
            products.mean((2, 3)),
        ]

    def _residuals(self, planes: Tensor) -> list[Tensor]:
        """Of second differences: histogram, scale, mean size in it, and tails."""
        rows = planes[:, :, :-2] - 2 * planes[:, :, 1:-1] + planes[:, :, 2:]
        residuals = (rows[..., :-2] - 2 * rows[..., 1:-1] + rows[..., 2:]) / 4
        square, size = residuals * residuals, residuals.abs()
        power = square.mean((2, 3)) + 1e-3
        return [
            _histogram(size, self.residuals),
            torch.log(power) / 2,
            size.mean((2, 3)) / torch.sqrt(power),
            torch.log((square * square).mean((2, 3)) / (power * power) + 1e-3),
        ]


def _alike(*, swapped: bool) -> Tensor:
    """0 or 1, float32 [25, K]: sums the pairs of levels that are one another's negative or, where `swapped`, swap."""
    count = len(LEVELS)
    a, b = np.indices((count, count)).reshape(2, -1)
    same = [count * a + b, *([count * b + a] if swapped else [])]
    same += [count**2 - 1 - pair for pair in same]
    _, number = np.unique(np.min(same, axis=0), return_inverse=True)
    return torch.from_numpy((number[:, None] == np.arange(number.max() + 1)).astype(np.float32))


def _shares(first: Tensor, second: Tensor) -> Tensor:
    """Of pairs of levels [N, P, 5, h, w] at two places: [N, P, 25]."""
    pairs = first.flatten(3) @ second.flatten(3).transpose(2, 3)
    return pairs.flatten(2) / (first.shape[3] * first.shape[4])


def _histogram(planes: Tensor, edges: Tensor) -> Tensor:
    """Roots of the shares of [N, C, h, w] between E edges, [N, C · (E + 1)]; a value moves over within a width."""
    widths = torch.diff(edges, append=2 * edges[-1:] - edges[-2:-1])
    above = torch.clamp((planes[:, :, None] - edges[:, None, None]) / widths[:, None, None], 0, 1).mean((3, 4))
    return _roots(_between(above, dim=2))


def _between(above: Tensor, *, dim: int) -> Tensor:
    """How much is above each of E edges → how much lies between them, below the first and above the last: E + 1."""
    one = torch.ones_like(above.narrow(dim, 0, 1))
    edges = torch.cat([one, above, 0 * one], dim)
    count = above.shape[dim]
    return edges.narrow(dim, 0, count + 1) - edges.narrow(dim, 1, count + 1)


def _roots(shares: Tensor) -> Tensor:
    """Roots let rare things count; [N, …] becomes [N, F]."""
    return torch.sqrt(torch.relu(shares) + 1e-5).flatten(1)
