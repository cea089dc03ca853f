"""The maps of a picture's tiles, put together in the picture's own frame, and made small to keep."""

from collections import defaultdict
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from shared.domain.evidence import CERTAIN, UNSEEN, EvidenceMap
from shared.domain.model_card import Calibration
from shared.domain.tiles import Tile
from shared.scoring.calibration import probability

MOST_CELLS = 128
"""Along the longer side of a stitched map."""

Values = NDArray[np.float64]


def stitch(maps: NDArray[np.float32], tiles: Sequence[Tile], width: int, height: int) -> NDArray[np.float32]:
    """The evidence over a picture of `width` × `height` px, float32 [rows, columns], in logits; NaN where none looked.

    `maps`, float32 [T, h, w], are those of `tiles`. Cells are square, as fine as the finest map but for the bound
    above. A cell holds the mean of the maps that cover it: within a view by area, and over the views that see it by
    their weights.
    """
    rows, columns = _grid(maps.shape[1:], tiles, width, height)
    total, weights = np.zeros((rows, columns)), np.zeros((rows, columns))
    levels, steps = np.linspace(0, height, rows + 1), np.linspace(0, width, columns + 1)
    for weight, seen in _views(tiles):
        evidence, area = np.zeros((rows, columns)), np.zeros((rows, columns))
        for share, number in seen:
            left, top, right, bottom = tiles[number].box
            down = _overlap(np.linspace(top, bottom, maps.shape[1] + 1), levels)
            across = _overlap(np.linspace(left, right, maps.shape[2] + 1), steps)
            evidence += share * (down @ maps[number].astype(np.float64) @ across.T)
            area += share * np.outer(down.sum(1), across.sum(1))
        covered = area > 0
        total[covered] += weight * evidence[covered] / area[covered]
        weights[covered] += weight
    stitched = np.full((rows, columns), np.nan)
    np.divide(total, weights, out=stitched, where=weights > 0)
    return stitched.astype(np.float32)


def quantise(evidence: NDArray[np.float32], calibration: Calibration) -> EvidenceMap:
    """A stitched map, each cell calibrated as if it were the picture's logit."""
    cells = np.full(evidence.shape, UNSEEN, np.uint8)
    seen = np.isfinite(evidence)
    cells[seen] = np.rint(CERTAIN * probability(evidence[seen], calibration))
    return EvidenceMap(columns=evidence.shape[1], cells=cells.tobytes())


def _grid(shape: tuple[int, ...], tiles: Sequence[Tile], width: int, height: int) -> tuple[int, int]:
    """Rows and columns of the stitched map of tiles whose own maps have this `shape`."""
    finest = min(
        min((bottom - top) / shape[0], (right - left) / shape[1])
        for left, top, right, bottom in (tile.box for tile in tiles)
    )
    cell = max(finest, max(width, height) / MOST_CELLS)
    return max(1, round(height / cell)), max(1, round(width / cell))


def _views(tiles: Sequence[Tile]) -> Iterator[tuple[float, list[tuple[float, int]]]]:
    """For each view its weight, and its tiles: what share of it each is, and the tile's number."""
    views: dict[int, list[tuple[float, int]]] = defaultdict(list)
    for number, tile in enumerate(tiles):
        for view, share in enumerate(tile.weights):
            if share:
                views[view].append((share, number))
    for seen in views.values():
        yield sum(share for share, _ in seen), seen


def _overlap(cells: Values, grid: Values) -> Values:
    """How much of each cell lies in each step of the grid, [steps, cells], of the edges of both, in their unit."""
    lower = np.maximum(cells[np.newaxis, :-1], grid[:-1, np.newaxis])
    upper = np.minimum(cells[np.newaxis, 1:], grid[1:, np.newaxis])
    shared: Values = np.maximum(0, upper - lower)
    return shared
