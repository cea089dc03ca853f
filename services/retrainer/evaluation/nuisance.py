"""Numbers about a picture that say nothing of how it was made: its shape, its codec's grid, its colours."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image

GRID = 8
"""Side of a JPEG block in px."""

GRID_SIDE = 1024
"""At most so much of a picture is searched for a grid, from its upper left corner, in px."""

THUMBNAIL = (64, 64)
EPSILON = 1e-6


def shape(image: Image.Image) -> NDArray[np.float32]:
    """Width, height, ratio, area and what is left of the sides over 8 and 64 px, float32 [8]."""
    width, height = image.size
    left_over = [side % step for step in (GRID, 64) for side in (width, height)]
    return np.array([width, height, width / height, width * height, *left_over], np.float32)


def grid(image: Image.Image) -> NDArray[np.float32]:
    """How much steeper luma is across each of the 8 phases of a JPEG grid, in both directions, float32 [18].

    The mean |second difference| at a phase over the mean of all (Fan & de Queiroz, "Identification of bitmap
    compression history", TIP 2003), and of each direction the largest. All 1 where the picture has no grid.
    """
    luma = np.asarray(
        image.crop((0, 0, min(image.width, GRID_SIDE), min(image.height, GRID_SIDE))).convert("L"), np.float32
    )
    phases = [_phases(luma), _phases(luma.T)]
    return np.concatenate([*phases, [phase.max() for phase in phases]]).astype(np.float32)


def _phases(luma: NDArray[np.float32]) -> NDArray[np.float64]:
    if luma.shape[1] < 2 * GRID:
        return np.ones(GRID)
    steps = np.abs(luma[:, :-2] - 2 * luma[:, 1:-1] + luma[:, 2:]).mean(axis=0)
    phase = np.arange(len(steps)) % GRID
    means = np.bincount(phase, steps, GRID) / np.bincount(phase, minlength=GRID)
    return (means + EPSILON) / (means.mean() + EPSILON)


def colour(image: Image.Image) -> NDArray[np.float32]:
    """Means, spreads and histograms of red, green, blue, hue, saturation and brightness, float32 [50].

    Read from a picture shrunk to 64 × 64 px, where no noise is left. Colourfulness is Hasler & Süsstrunk's (2003).
    """
    small = image.resize(THUMBNAIL, Image.Resampling.BOX)
    rgb = np.asarray(small, np.float32).reshape(-1, 3) / 255
    hue, saturation, brightness = (np.asarray(small.convert("HSV"), np.float32).reshape(-1, 3) / 255).T
    red_green, yellow_blue = rgb[:, 0] - rgb[:, 1], (rgb[:, 0] + rgb[:, 1]) / 2 - rgb[:, 2]
    colourfulness = np.hypot(red_green.std(), yellow_blue.std()) + 0.3 * np.hypot(red_green.mean(), yellow_blue.mean())
    numbers = [
        colourfulness,
        saturation.mean(),
        saturation.std(),
        brightness.std(),
        (np.ptp(rgb, axis=1) < 0.02).mean(),
    ]
    return np.concatenate(
        [
            numbers,
            rgb.mean(axis=0),
            rgb.std(axis=0),
            np.corrcoef(rgb.T + EPSILON * np.random.default_rng(0).normal(size=rgb.T.shape))[np.triu_indices(3, 1)],
            _shares(hue, 12, weights=saturation),
            _shares(saturation, 8),
            _shares(brightness, 16),
        ]
    ).astype(np.float32)


def _shares(values: NDArray[np.float32], bins: int, weights: NDArray[np.float32] | None = None) -> NDArray[np.float64]:
    counts = np.histogram(values, bins, (0, 1), weights=weights)[0]
    return counts / (counts.sum() + EPSILON)
