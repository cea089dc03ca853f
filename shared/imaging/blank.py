"""Whether there is anything on a picture that could be judged."""

import numpy as np
from numpy.typing import NDArray

LEVELS = 9
"""So many neighbouring levels of 256 are one shade: what JPEG, a scanner and a sensor make of a flat colour."""

BESIDES = 0.005
"""The largest share of a blank picture that is of another shade.

Measured on 7,531 pictures, of which 6,159 are cuts of 256 px: ten have less than 0.0002, and there is nothing on any
of them; the next have 0.008 (a wall, and the rim of a hand), 0.02 (a drawn night sky with stars) and more. Of crafted
ones, each of 1200 × 900 px, a disc of 80 px has 0.006, a line of small print too, one of large print 0.02, an empty
sheet in a scanner's light 0.05, snow 0.24; a disc of 10 px, a sensor's noise and a slope of 8 levels are blank.
"""

_PART = 8
"""Sides in px of the parts of a tile whose mean colours are compared."""


def is_blank(grey: bytes | bytearray, tiles: NDArray[np.uint8]) -> bool:
    """Whether all but BESIDES of a picture is one shade, by what `reduced` made of it, as its bytes.

    `tiles`, uint8 [T, H, W, 3], are asked for what grey does not tell: colours of one lightness, and what is too small.
    About 0.03 ms for a picture that is not blank, and 1.3 ms for one that is.
    """
    if not _is_one_shade(np.frombuffer(grey, np.uint8)):
        return False
    return all(_is_one_shade(plane) for plane in _means(tiles))


def _is_one_shade(levels: NDArray[np.uint8]) -> bool:
    counts = np.bincount(levels, minlength=256)
    most = np.convolve(counts, np.ones(LEVELS, dtype=np.int64), "valid").max()
    return bool(most >= (1 - BESIDES) * levels.size)


def _means(tiles: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Of each part, uint8 [3, parts]: noise is gone from them, and what is small is not gone."""
    rows, columns = (max(1, side // _PART) for side in tiles.shape[1:3])
    high, wide = (tiles.shape[1] // rows, tiles.shape[2] // columns)
    cut = tiles[:, : rows * high, : columns * wide].reshape(-1, rows, high, columns, wide, 3)
    sums = cut.sum(2, dtype=np.uint32).sum(3, dtype=np.uint32)
    means: NDArray[np.uint8] = (sums // (high * wide)).astype(np.uint8).reshape(-1, 3).T
    return means
