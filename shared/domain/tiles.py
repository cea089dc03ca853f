"""Where the tiles of a picture lie: the one plan, by which tiles are cut, scored and put together again."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

from shared.domain.job import Lane
from shared.domain.model_card import InputSpec, View

Sides = tuple[int, int]
"""Width and height in px."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Tile:
    """One input of a model: what lies at `left`, `top` of the picture resized to `scaled`; all in px.

    `box` is the same frame in px of the picture as submitted, upright: left, top, right, bottom. It reaches past the
    right or lower edge where the tile is completed by mirroring. `weights` says for each view of the lane how much
    of the picture's logit is this tile's; over all tiles and views they sum to 1.
    """

    scaled: Sides
    left: int
    top: int
    box: tuple[float, float, float, float]
    weights: tuple[float, ...]

    @property
    def weight(self) -> float:
        return sum(self.weights)


def plan(width: int, height: int, spec: InputSpec, lane: Lane) -> tuple[Tile, ...]:
    """The tiles of a picture of `width` × `height` px, each place once: small pictures have fewer."""
    size = (width, height)
    if spec.views is None:
        return (_tile((spec.width, spec.height), (0, 0), size, spec, (1.0,)),)
    views = spec.views[lane]
    total = sum(view.weight for view in views)
    weights: dict[tuple[Sides, Sides], list[float]] = {}
    for number, view in enumerate(views):
        scaled = _scaled(size, spec, view)
        for corner in _corners(scaled, spec, view.crops):
            weights.setdefault((scaled, corner), [0.0] * len(views))[number] += view.weight / total / view.crops
    return tuple(_tile(scaled, corner, size, spec, shares) for (scaled, corner), shares in weights.items())


def _tile(scaled: Sides, corner: Sides, size: Sides, spec: InputSpec, weights: Sequence[float]) -> Tile:
    across, down = size[0] / scaled[0], size[1] / scaled[1]
    left, top = corner
    return Tile(
        scaled=scaled,
        left=left,
        top=top,
        box=(left * across, top * down, (left + spec.width) * across, (top + spec.height) * down),
        weights=tuple(weights),
    )


def _scaled(size: Sides, spec: InputSpec, view: View) -> Sides:
    """The sides of the picture in this view, the longer one rounded down, as torchvision's Resize does."""
    short = min(size)
    wanted = view.short_side or short
    if spec.small == "mirror":
        wanted = min(wanted, short)
        return (max(1, size[0] * wanted // short), max(1, size[1] * wanted // short))
    factor = max(Fraction(wanted, short), Fraction(spec.width, size[0]), Fraction(spec.height, size[1]))
    return (int(size[0] * factor), int(size[1] * factor))


def _corners(scaled: Sides, spec: InputSpec, crops: int) -> Iterator[Sides]:
    """The left upper corners of a view's tiles, some of them the same where the picture is small."""
    right, bottom = max(0, scaled[0] - spec.width), max(0, scaled[1] - spec.height)
    centre = (right // 2, bottom // 2)
    if crops == 2 and scaled[0] >= scaled[1]:
        yield from ((0, centre[1]), (right, centre[1]))
    elif crops == 2:
        yield from ((centre[0], 0), (centre[0], bottom))
    if crops in {4, 5}:
        yield from ((0, 0), (right, 0), (0, bottom), (right, bottom))
    if crops in {1, 5}:
        yield centre
    if crops == 9:
        yield from ((x, y) for y in (0, centre[1], bottom) for x in (0, centre[0], right))
