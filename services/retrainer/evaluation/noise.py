"""Noise statistics of a picture: what hand-made forensics sees, blind to what the picture shows."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import fft

Plane = NDArray[np.float32]

SIDE = 256
"""At most so much of a picture is read, from its middle, in px."""

LEAST = 24
"""Smaller pictures are mirrored up to this side, so that every statistic exists."""

RINGS = 24
EPSILON = 1e-6

EDGES = np.array([0.25, 0.5, 1, 1.5, 2, 3, 4, 6, 8, 12, 16, 24, 48])
"""Of the histograms of residuals, in steps of 8-bit brightness: fine near zero."""

BIN_OF_QUARTER = np.searchsorted(EDGES, np.arange(4 * 48 + 1) / 4, side="right")

LUMA = np.array([[0.299, 0.587, 0.114], [-0.1687, -0.3313, 0.5], [0.5, -0.4187, -0.0813]], np.float32)
"""RGB to Y, Cb and Cr (JFIF 1.02)."""


def _classes_of_triples() -> NDArray[np.intp]:
    """A number for each of the 125 triples, intp [125]: the same for its mirror image and its negative."""
    a, b, c = np.indices((5, 5, 5)).reshape(3, 125)
    alike = [25 * a + 5 * b + c, 25 * c + 5 * b + a]
    alike += [124 - triple for triple in alike]
    return np.unique(np.min(alike, axis=0), return_inverse=True)[1]


TRIPLES = _classes_of_triples()


def noise_statistics(image: Image.Image) -> NDArray[np.float32]:
    """About 600 numbers, float32 [F]: histograms, co-occurrences, spectra and correlations of high-pass residuals.

    Residuals and co-occurrences as in Fridrich & Kodovský, "Rich models for steganalysis of digital images" (TIFS
    2012); radial spectra as in Durall et al. (CVPR 2020); block-DCT scales as in Frank et al. (ICML 2020).
    """
    rgb = _middle(image)
    luma, blue, red = np.moveaxis(rgb @ LUMA.T, 2, 0)
    across, down = np.diff(luma, axis=1), np.diff(luma, axis=0)
    laplace = _laplace(luma)
    parts = [
        *(_histogram(residual) for residual in (across, down, _second(luma), _second(luma.T), laplace)),
        *(_histogram(_laplace(plane)) for plane in (blue, red)),
        *(_cooccurrence(residual) for residual in (across, down.T, laplace)),
        *(_moments(residual) for residual in (across, down, laplace, _laplace(blue), _laplace(red))),
        *(_spectrum(plane) for plane in (luma, blue, red)),
        _directions(luma),
        _autocorrelation(laplace),
        _between_channels(rgb),
        _noise_by_brightness(luma, laplace),
        _local_scale(laplace),
        _dct_scale(luma),
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


def _histogram(residual: Plane) -> NDArray[np.float64]:
    """Shares of |residual| between EDGES."""
    quarters = np.minimum(4 * np.abs(residual), len(BIN_OF_QUARTER) - 1).astype(np.intp)
    return np.bincount(BIN_OF_QUARTER[quarters.ravel()], minlength=len(EDGES) + 1) / residual.size


def _cooccurrence(residual: Plane) -> NDArray[np.float64]:
    """Shares of triples of neighbours, each residual in steps of its own scale from -2 to 2."""
    step = max(float(np.abs(residual).mean()), 0.25)
    levels = np.clip(np.rint(residual / step), -2, 2).astype(np.intp) + 2
    triples = 25 * levels[:, :-2] + 5 * levels[:, 1:-1] + levels[:, 2:]
    return np.sqrt(np.bincount(TRIPLES[triples.ravel()], minlength=TRIPLES.max() + 1) / triples.size)


def _moments(residual: Plane) -> NDArray[np.float32]:
    """Scale, mean over root mean square (1 for a constant size), skewness and kurtosis, and the share of zeros."""
    scale = np.sqrt(np.square(residual).mean()) + EPSILON
    unit = residual / scale
    square = unit * unit
    flat = (np.abs(residual) < 0.5).mean()
    return np.array(
        [np.log(scale), np.abs(unit).mean(), (square * unit).mean(), np.log((square * square).mean() + EPSILON), flat]
    )


def _spectrum(plane: Plane) -> NDArray[np.float64]:
    """Log power in RINGS rings of equal width from zero to the Nyquist frequency, less its mean."""
    window = np.outer(np.hanning(plane.shape[0]), np.hanning(plane.shape[1])).astype(np.float32)
    power = np.square(np.abs(fft.rfft2((plane - plane.mean()) * window)))
    rows, columns = fft.fftfreq(plane.shape[0]), fft.rfftfreq(plane.shape[1])
    ring = (2 * RINGS * np.hypot(rows[:, None], columns)).astype(np.intp).ravel()
    sums, counts = np.bincount(ring, power.ravel(), RINGS), np.bincount(ring, minlength=RINGS)
    logs = np.log(sums[:RINGS] / np.maximum(counts[:RINGS], 1) + EPSILON)
    return logs - logs.mean()


def _directions(plane: Plane) -> NDArray[np.float64]:
    """Log power along the axes against that along the diagonals, in four rings."""
    window = np.outer(np.hanning(plane.shape[0]), np.hanning(plane.shape[1])).astype(np.float32)
    power = np.square(np.abs(fft.rfft2((plane - plane.mean()) * window)))
    rows, columns = np.abs(fft.fftfreq(plane.shape[0]))[:, None], fft.rfftfreq(plane.shape[1])
    ring = np.minimum((8 * np.hypot(rows, columns)).astype(np.intp), 4)
    angle = np.minimum((4 * 2 / np.pi * np.arctan2(rows, columns + EPSILON)).astype(np.intp), 3)
    cells = (4 * ring + angle).ravel()
    sums, counts = np.bincount(cells, power.ravel(), 20), np.bincount(cells, minlength=20)
    logs = np.log(sums / np.maximum(counts, 1) + EPSILON).reshape(5, 4)
    return logs - logs.mean(axis=1, keepdims=True)


def _autocorrelation(residual: Plane) -> Plane:
    """Correlation of `residual` with itself moved by up to 8 px across and down, both diagonals' mean."""
    power = np.square(np.abs(fft.rfft2(residual - residual.mean())))
    correlation = fft.irfft2(power, s=residual.shape)
    correlation /= correlation[0, 0] + EPSILON
    near = np.roll(correlation, (8, 8), (0, 1))[:17, :17]
    folded = (near + near[:, ::-1])[8:, 8:] / 2
    return folded.ravel()[1:]


def _between_channels(rgb: NDArray[np.float32]) -> NDArray[np.float64]:
    """Correlations of the residuals of red, green and blue, at the same place and one pixel on."""
    red, green, blue = (_laplace(rgb[..., channel]) for channel in range(3))
    pairs = [(red, green), (green, blue), (red, blue)]
    moved = [(a[:, 1:], b[:, :-1]) for a, b in pairs] + [(a[1:], b[:-1]) for a, b in pairs]
    return np.array([_correlation(a, b) for a, b in pairs + moved])


def _correlation(a: Plane, b: Plane) -> float:
    a, b = a - a.mean(), b - b.mean()
    return float((a * b).mean() / (np.sqrt((a * a).mean() * (b * b).mean()) + EPSILON))


def _noise_by_brightness(luma: Plane, laplace: Plane) -> NDArray[np.float64]:
    """Log of the mean |residual| in eight steps of brightness, each against the whole; 0 where a step is empty."""
    step = np.clip(luma[1:-1, 1:-1] / 32, 0, 7).astype(np.intp).ravel()
    sizes = np.abs(laplace).ravel()
    sums, counts = np.bincount(step, sizes, 8), np.bincount(step, minlength=8)
    means = (sums + sizes.mean() + EPSILON) / (counts + 1)
    return np.log(means / (sizes.mean() + EPSILON))


def _local_scale(laplace: Plane) -> NDArray[np.float64]:
    """Quantiles of the log noise scale of 8 × 8 px blocks."""
    height, width = (side - side % 8 for side in laplace.shape)
    blocks = laplace[:height, :width].reshape(height // 8, 8, width // 8, 8)
    scales = 0.5 * np.log(np.square(blocks).mean(axis=(1, 3)) + 1e-3)
    return np.quantile(scales, [0.02, 0.1, 0.25, 0.5, 0.75, 0.9, 0.98])


def _dct_scale(luma: Plane) -> Plane:
    """Log mean |coefficient| of the 8 × 8 block DCT, symmetrised, less its mean over the frequencies."""
    height, width = (side - side % 8 for side in luma.shape)
    blocks = luma[:height, :width].reshape(height // 8, 8, width // 8, 8).transpose(0, 2, 1, 3)
    scale = np.log(np.abs(fft.dctn(blocks, axes=(2, 3), norm="ortho")).mean(axis=(0, 1)) + 1e-2)
    scale = (scale + scale.T)[np.triu_indices(8)][1:] / 2
    return scale - scale.mean()
