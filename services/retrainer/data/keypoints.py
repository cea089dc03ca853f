"""Places in a picture that are found again after cropping, rescaling and compression, each with a short code.

Places are extrema of a difference-of-Gaussians pyramid (Lowe, IJCV 2004); the code is a perceptual hash, the signs of
the low frequencies of the window around one (as pHash, Zauner 2010). Nothing is invariant to rotation or mirroring.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

SIGMA = 1.6
"""Blur of the first level of an octave, in px."""

LEVELS = 3
"""Steps per octave in which extrema are sought."""

MIN_CONTRAST = 0.006
"""Of a difference of Gaussians, of grey values in [0, 1]: a clear sky or a flat colour has none above it."""

MAX_EDGE_RATIO = 10.0
"""Of the principal curvatures: a place on a straight edge is not found again."""

WINDOW = 14.0
"""Side of the window that is coded, in sigmas."""

GRID = 16
PAD = 16
"""Mirrored around a picture before it is blurred, in px; a little more, for a size that transforms fast."""

SMALLEST_SIDE = 24
"""Of an octave, in px."""

PER_AREA = 80 / 256**2
"""Places kept per square px, the strongest; not fewer than 40, not more than 800."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Keypoints:
    """`at` float32 [N, 2] (x, y) and `sigma` float32 [N] in px; `codes` uint64 [N], of which 63 bits count."""

    at: Floats
    sigma: Floats
    codes: NDArray[np.uint64]

    def __len__(self) -> int:
        return len(self.codes)

    def take(self, rows: NDArray[np.int64]) -> "Keypoints":
        return Keypoints(at=self.at[rows], sigma=self.sigma[rows], codes=self.codes[rows])

    @staticmethod
    def joined(several: Sequence["Keypoints"]) -> "Keypoints":
        """One after the other; of none, none."""
        return Keypoints(
            at=np.concatenate([points.at for points in several] or [np.empty((0, 2), np.float32)]),
            sigma=np.concatenate([points.sigma for points in several] or [np.empty(0, np.float32)]),
            codes=np.concatenate([points.codes for points in several] or [np.empty(0, np.uint64)]),
        )


def keypoints(grey: Floats) -> Keypoints:
    """Of a picture, float32 [H, W] in [0, 1]."""
    found, strengths = [Keypoints.joined([])], [np.empty(0, np.float32)]
    base, scale = grey, 1.0
    while min(base.shape) >= SMALLEST_SIDE:
        levels = _levels(base, first=scale == 1.0)
        at, sigma, strength, level = _extrema(levels[1:] - levels[:-1])
        inside = _inside(at, sigma, base.shape)
        at, sigma, level = at[inside], sigma[inside], level[inside]
        found.append(Keypoints(at=at * scale, sigma=sigma * scale, codes=_codes(levels, at, sigma, level)))
        strengths.append(strength[inside])
        base, scale = levels[LEVELS, ::2, ::2], scale * 2
    strongest = np.argsort(-np.concatenate(strengths), kind="stable")
    return Keypoints.joined(found).take(strongest[: int(np.clip(PER_AREA * grey.size, 40, 800))])


def _levels(base: Floats, *, first: bool) -> Floats:
    """Blurred copies, [LEVELS + 3, H, W]. A picture comes with a blur of 0.5 px, a later octave with SIGMA."""
    wide = np.pad(base, [(PAD, PAD + -side % 32) for side in base.shape], mode="symmetric")
    spectrum = np.fft.rfft2(wide)
    vertical = np.fft.fftfreq(wide.shape[0])[:, None] ** 2
    horizontal = np.fft.rfftfreq(wide.shape[1])[None, :] ** 2
    held = 0.5 if first else SIGMA
    sigmas = SIGMA * 2 ** (np.arange(LEVELS + 3) / LEVELS)
    out = np.empty((LEVELS + 3, *base.shape), np.float32)
    inner = tuple(slice(PAD, PAD + side) for side in base.shape)
    for index, sigma in enumerate(sigmas):
        blur = np.exp(-2 * np.pi**2 * max(sigma**2 - held**2, 0) * (vertical + horizontal)).astype(np.float32)
        out[index] = np.fft.irfft2(spectrum * blur, wide.shape)[inner]
    return out


def _extrema(dog: Floats) -> tuple[Floats, Floats, Floats, NDArray[np.int64]]:
    """Position in px of this octave, sigma in px, strength and nearest level of each extremum of [levels, H, W]."""
    middle = dog[1:-1, 1:-1, 1:-1]
    peak = (middle == _pooled(dog, np.maximum)) | (middle == _pooled(dog, np.minimum))
    peak &= np.abs(middle) > MIN_CONTRAST
    level, y, x = (axis + 1 for axis in np.nonzero(peak))
    centre = dog[level, y, x]
    offsets = np.stack([_parabola(dog, (level, y, x), axis) for axis in range(3)])
    xx = dog[level, y, x + 1] + dog[level, y, x - 1] - 2 * centre
    yy = dog[level, y + 1, x] + dog[level, y - 1, x] - 2 * centre
    xy = (dog[level, y + 1, x + 1] + dog[level, y - 1, x - 1] - dog[level, y + 1, x - 1] - dog[level, y - 1, x + 1]) / 4
    determinant = xx * yy - xy**2
    round_ = (determinant > 0) & ((xx + yy) ** 2 * MAX_EDGE_RATIO < determinant * (MAX_EDGE_RATIO + 1) ** 2)
    at = np.stack([x + offsets[2], y + offsets[1]], 1).astype(np.float32)
    sigma = (SIGMA * 2 ** ((level + offsets[0]) / LEVELS)).astype(np.float32)
    return at[round_], sigma[round_], np.abs(centre)[round_], level[round_]


def _pooled(dog: Floats, pick: np.ufunc) -> Floats:
    """`pick` of the 27 values around each inner one."""
    for _ in range(3):
        dog = pick(pick(dog[:-2], dog[1:-1]), dog[2:]).transpose(1, 2, 0)
    return dog


def _parabola(dog: Floats, at: tuple[NDArray[np.int64], ...], axis: int) -> Floats:
    """How far from the sample the extremum lies along one axis, at most half a step."""
    before, after = list(at), list(at)
    before[axis], after[axis] = at[axis] - 1, at[axis] + 1
    low, mid, high = dog[tuple(before)], dog[at], dog[tuple(after)]
    curve = low + high - 2 * mid
    step = np.divide(low - high, 2 * curve, out=np.zeros_like(curve), where=curve != 0)
    offset: Floats = np.clip(step, -0.5, 0.5)
    return offset


def _inside(at: Floats, sigma: Floats, shape: tuple[int, ...]) -> NDArray[np.bool_]:
    """Those whose window lies in the picture, or leaves it by no more than two sigmas."""
    reach = (WINDOW / 2 - 2) * sigma[:, None]
    inside: NDArray[np.bool_] = ((at >= reach) & (at <= np.array(shape[::-1]) - 1 - reach)).all(1)
    return inside


def _codes(levels: Floats, at: Floats, sigma: Floats, level: NDArray[np.int64]) -> NDArray[np.uint64]:
    """Signs of the 63 lowest frequencies of the windows, in zigzag order, the lowest in the highest bit."""
    steps = ((np.arange(GRID) + 0.5) / GRID - 0.5) * WINDOW
    x = np.clip(at[:, 0, None] + sigma[:, None] * steps, 0, levels.shape[2] - 1.001)
    y = np.clip(at[:, 1, None] + sigma[:, None] * steps, 0, levels.shape[1] - 1.001)
    x0, y0 = x.astype(np.int64), y.astype(np.int64)
    fx, fy = (x - x0)[:, None, :], (y - y0)[:, :, None]
    rows, columns, which = y0[:, :, None], x0[:, None, :], level[:, None, None]
    top = levels[which, rows, columns] * (1 - fx) + levels[which, rows, columns + 1] * fx
    bottom = levels[which, rows + 1, columns] * (1 - fx) + levels[which, rows + 1, columns + 1] * fx
    windows = top * (1 - fy) + bottom * fy
    frequencies = COSINES @ windows @ COSINES.T
    signs = frequencies[:, ZIGZAG[:, 0], ZIGZAG[:, 1]] > 0
    weights = np.uint64(1) << np.arange(62, -1, -1, dtype=np.uint64)
    codes: NDArray[np.uint64] = (signs * weights).sum(1, dtype=np.uint64)
    return codes


COSINES = np.cos(np.pi * np.arange(8)[:, None] * (np.arange(GRID) + 0.5) / GRID).astype(np.float32)
"""The first eight functions of the discrete cosine transform (DCT-II), [8, GRID]."""

ZIGZAG: NDArray[np.int64] = np.array(sorted(np.ndindex(8, 8), key=lambda pair: (sum(pair), pair))[1:])
"""(row, column) by frequency, [63, 2]; the mean is left out."""
