"""Noise statistics of a picture: what hand-made forensics sees, blind to what the picture shows."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import fft

Plane = NDArray[np.float32]
Numbers = NDArray[np.floating]

SIDE = 256
"""At most so much of a picture is read, from its middle, in px."""

LEAST = 24
"""Smaller pictures are mirrored up to this side, so that every statistic exists."""

EPSILON = 1e-6

LUMA = np.array([[0.299, 0.587, 0.114], [-0.1687, -0.3313, 0.5], [0.5, -0.4187, -0.0813]], np.float32)
"""RGB to Y, Cb and Cr (JFIF 1.02)."""

EDGES = np.array([0.25, 0.5, 1, 1.5, 2, 3, 4, 6, 8, 12, 16, 24, 48])
"""Of the histograms of residuals, in steps of 8-bit brightness: fine near zero."""

BIN_OF_QUARTER = np.searchsorted(EDGES, np.arange(4 * 48 + 1) / 4, side="right")

LUMA_STEPS, CHROMA_STEPS, PAIR_STEPS = (1, 2, 4, 8), (1, 3), (1, 3)
"""Of co-occurrences, in 8-bit brightness: what one of them clips, the next one tells apart."""

RINGS = 24
LEVELS = 4
"""Of the Haar pyramid."""


def _triples_alike() -> NDArray[np.intp]:
    """A number for each of the 125 triples, intp [125]: the same for its mirror image and its negative."""
    a, b, c = np.indices((5, 5, 5)).reshape(3, 125)
    alike = [25 * a + 5 * b + c, 25 * c + 5 * b + a]
    return _numbered(alike + [124 - triple for triple in alike])


def _pairs_alike() -> NDArray[np.intp]:
    """A number for each of the 49 pairs, intp [49]: the same for its negative and the other way round."""
    a, b = np.indices((7, 7)).reshape(2, 49)
    alike = [7 * a + b, 7 * b + a]
    return _numbered(alike + [48 - pair for pair in alike])


def _numbered(alike: list[NDArray[np.intp]]) -> NDArray[np.intp]:
    return np.unique(np.min(alike, axis=0), return_inverse=True)[1]


TRIPLES, PAIRS = _triples_alike(), _pairs_alike()


def noise_statistics(image: Image.Image) -> NDArray[np.float32]:
    """About 750 numbers, float32 [F]: histograms, co-occurrences, spectra and correlations of high-pass residuals.

    Residuals and co-occurrences as in Fridrich & Kodovský, "Rich models for steganalysis of digital images" (TIFS
    2012); radial spectra as in Durall et al. (CVPR 2020); block-DCT scales as in Frank et al. (ICML 2020).
    """
    rgb = _middle(image)
    luma, blue, red = np.moveaxis(rgb @ LUMA.T, 2, 0)
    across, down = np.diff(luma, axis=1), np.diff(luma, axis=0)
    laplace, blues, reds = _laplace(luma), _laplace(blue), _laplace(red)
    power = _power(luma)
    parts = [
        *(_histogram(residual) for residual in (across, down, _second(luma), _second(luma.T), laplace, blues, reds)),
        *((_triples(across, step) + _triples(down.T, step)) / 2 for step in LUMA_STEPS),
        *(_triples(np.diff(plane, axis=1), step) for plane in (blue, red) for step in CHROMA_STEPS),
        *(_pairs(across[:-1], down[:, :-1], step) for step in PAIR_STEPS),
        *(_moments(residual) for residual in (across, down, laplace, blues, reds)),
        *(_rings(spectrum) for spectrum in (power, _power(blue), _power(red))),
        _directions(power),
        _autocorrelation(laplace),
        _between_channels(rgb),
        _noise_by_brightness(luma, laplace),
        _local_scale(laplace),
        _dct_scale(luma),
        _haar(luma),
    ]
    return np.concatenate([np.ravel(part) for part in parts]).astype(np.float32)


def _middle(image: Image.Image) -> NDArray[np.float32]:
    """At most SIDE px of the picture in each direction, float32 [H, W, 3]."""
    left, top = max(0, image.width - SIDE) // 2, max(0, image.height - SIDE) // 2
    box = (left, top, min(image.width, left + SIDE), min(image.height, top + SIDE))
    pixels = np.asarray(image.crop(box), np.float32)
    lacking = [max(0, LEAST - side) for side in pixels.shape[:2]]
    return np.pad(pixels, [(0, lacking[0]), (0, lacking[1]), (0, 0)], mode="symmetric")


def _second(plane: Plane) -> Plane:
    return plane[:, :-2] - 2 * plane[:, 1:-1] + plane[:, 2:]


def _laplace(plane: Plane) -> Plane:
    """Ker & Böhme's 3 × 3 high pass (2008), scaled to a step of the middle pixel."""
    rows = plane[:-2] - 2 * plane[1:-1] + plane[2:]
    return (rows[:, :-2] - 2 * rows[:, 1:-1] + rows[:, 2:]) / 4


def _histogram(residual: Plane) -> Numbers:
    """Shares of |residual| between EDGES."""
    quarters = np.minimum(4 * np.abs(residual), len(BIN_OF_QUARTER) - 1)
    return _shares(quarters, BIN_OF_QUARTER)


def _triples(residual: Plane, step: float) -> Numbers:
    """Roots of the shares of triples of neighbours, each rounded to -2 to 2 steps."""
    levels = np.clip(np.rint(residual / step), -2, 2) + 2
    return np.sqrt(_shares(25 * levels[:, :-2] + 5 * levels[:, 1:-1] + levels[:, 2:], TRIPLES))


def _pairs(across: Plane, down: Plane, step: float) -> Numbers:
    """Roots of the shares of both differences at a pixel, each rounded to -3 to 3 steps."""
    first, second = (np.clip(np.rint(residual / step), -3, 3) + 3 for residual in (across, down))
    return np.sqrt(_shares(7 * first + second, PAIRS))


def _shares(codes: Plane, alike: NDArray[np.intp]) -> Numbers:
    """Of each number in `alike` among `codes`, from which it is read."""
    counts = np.bincount(codes.astype(np.intp).ravel(), minlength=len(alike))
    return np.bincount(alike, counts) / codes.size


def _moments(residual: Plane) -> Numbers:
    """Scale, mean over root mean square (1 for a constant size), skewness and kurtosis, and the share of zeros."""
    scale = np.sqrt(np.square(residual).mean()) + EPSILON
    unit = residual / scale
    square = unit * unit
    kurtosis = np.log((square * square).mean() + EPSILON)
    return np.array(
        [np.log(scale), np.abs(unit).mean(), (square * unit).mean(), kurtosis, (np.abs(residual) < 0.5).mean()]
    )


def _power(plane: Plane) -> Plane:
    """Of the windowed plane at each frequency, [H, W // 2 + 1]."""
    window = np.outer(np.hanning(plane.shape[0]), np.hanning(plane.shape[1])).astype(np.float32)
    power: Plane = np.square(np.abs(fft.rfft2((plane - plane.mean()) * window)))
    return power


def _frequencies(power: Plane) -> tuple[Numbers, Numbers]:
    """Down, [H, 1], and across, [1, W // 2 + 1], in cycles a px; as if the width were even."""
    return np.abs(fft.fftfreq(power.shape[0]))[:, None], np.linspace(0, 0.5, power.shape[1])[None]


def _rings(power: Plane) -> Numbers:
    """Log power in RINGS rings of equal width from zero to the Nyquist frequency, less its mean."""
    ring = (2 * RINGS * np.hypot(*_frequencies(power))).astype(np.intp)
    logs = _log_means(power, ring, 2 * RINGS)[:RINGS]
    return logs - logs.mean()


def _directions(power: Plane) -> Numbers:
    """Log power in four directions from across to down, against their mean, in five rings."""
    down, across = _frequencies(power)
    ring = np.minimum((8 * np.hypot(down, across)).astype(np.intp), 4)
    angle = np.minimum((8 / np.pi * np.arctan2(down, across + EPSILON)).astype(np.intp), 3)
    logs = _log_means(power, 4 * ring + angle, 20).reshape(5, 4)
    return logs - logs.mean(axis=1, keepdims=True)


def _log_means(values: Plane, cell: NDArray[np.intp], cells: int) -> Numbers:
    """Of the values in each cell."""
    sums, counts = np.bincount(cell.ravel(), values.ravel(), cells), np.bincount(cell.ravel(), minlength=cells)
    return np.log(sums / np.maximum(counts, 1) + EPSILON)


def _autocorrelation(residual: Plane) -> Numbers:
    """Correlation of `residual` with itself moved by up to 8 px across and down, both diagonals' mean."""
    power = np.square(np.abs(fft.rfft2(residual - residual.mean())))
    correlation = fft.irfft2(power, s=residual.shape)
    correlation /= correlation[0, 0] + EPSILON
    near = np.roll(correlation, (8, 8), (0, 1))[:17, :17]
    folded = (near + near[:, ::-1])[8:, 8:] / 2
    return folded.ravel()[1:]


def _between_channels(rgb: NDArray[np.float32]) -> Numbers:
    """Correlations of the residuals of red, green and blue, at the same place and one pixel on."""
    red, green, blue = (_laplace(rgb[..., channel]) for channel in range(3))
    pairs = [(red, green), (green, blue), (red, blue)]
    moved = [(a[:, 1:], b[:, :-1]) for a, b in pairs] + [(a[1:], b[:-1]) for a, b in pairs]
    return np.array([_correlation(a, b) for a, b in pairs + moved])


def _correlation(a: Plane, b: Plane) -> float:
    a, b = a - a.mean(), b - b.mean()
    return float((a * b).mean() / (np.sqrt((a * a).mean() * (b * b).mean()) + EPSILON))


def _noise_by_brightness(luma: Plane, laplace: Plane) -> Numbers:
    """Log of the mean |residual| in eight steps of brightness, each against the whole; 0 where a step is empty."""
    step = np.clip(luma[1:-1, 1:-1] / 32, 0, 7).astype(np.intp).ravel()
    sizes = np.abs(laplace).ravel()
    sums, counts = np.bincount(step, sizes, 8), np.bincount(step, minlength=8)
    means = (sums + sizes.mean() + EPSILON) / (counts + 1)
    return np.log(means / (sizes.mean() + EPSILON))


def _local_scale(laplace: Plane) -> Numbers:
    """Quantiles of the log noise scale of 8 × 8 px blocks."""
    scales = 0.5 * np.log(np.square(_blocks(laplace)).mean(axis=(2, 3)) + 1e-3)
    return np.quantile(scales, [0.02, 0.1, 0.25, 0.5, 0.75, 0.9, 0.98])


def _dct_scale(luma: Plane) -> Numbers:
    """Log mean |coefficient| of the 8 × 8 block DCT, symmetrised, less its mean over the frequencies."""
    scale = np.log(np.abs(fft.dctn(_blocks(luma), axes=(2, 3), norm="ortho")).mean(axis=(0, 1)) + 1e-2)
    scale = (scale + scale.T)[np.triu_indices(8)][1:] / 2
    return scale - scale.mean()


def _blocks(plane: Plane) -> Plane:
    """[rows, columns, 8, 8]; what is left at the right and below falls away."""
    height, width = (side - side % 8 for side in plane.shape)
    return plane[:height, :width].reshape(height // 8, 8, width // 8, 8).transpose(0, 2, 1, 3)


def _haar(luma: Plane) -> Numbers:
    """Of three orientations on each level of a Haar pyramid: log scale, shape, median and tail of the details."""
    numbers = []
    for _ in range(LEVELS):
        height, width = (side - side % 2 for side in luma.shape)
        a, b, c, d = (luma[row:height:2, column:width:2] for row in (0, 1) for column in (0, 1))
        for details in (a - b + c - d, a + b - c - d, a - b - c + d):
            numbers += _sizes(np.abs(details))
        luma = (a + b + c + d) / 4
    return np.array(numbers)


def _sizes(sizes: Plane) -> list[float]:
    mean = np.log(sizes.mean() + 0.01)
    root = np.log(np.square(sizes).mean() + 0.01) / 2
    median, tail = np.quantile(sizes, (0.5, 0.99))
    return [mean, root - mean, np.log(median + 0.1), np.log(tail + 0.1)]
