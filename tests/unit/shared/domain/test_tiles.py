import pytest

from shared.domain.job import Lane
from shared.domain.model_card import CROPS, InputSpec, View
from shared.domain.tiles import plan

TILE = 100


def spec_of(*views: View, small: str = "mirror", height: int = TILE) -> InputSpec:
    """Of the bulk lane; the interactive one looks once at the centre."""
    lanes = {Lane.BULK: views, Lane.INTERACTIVE: (View(short_side=None, crops=1),)}
    return InputSpec(width=TILE, height=height, small=small, views=lanes)


def corners(width: int, height: int, *views: View, **options) -> list[tuple[int, int]]:
    return [(tile.left, tile.top) for tile in plan(width, height, spec_of(*views, **options), Lane.BULK)]


def native(crops: int, weight: float = 1.0) -> View:
    return View(short_side=None, crops=crops, weight=weight)


@pytest.mark.parametrize(
    ("crops", "places"),
    [
        (1, [(100, 50)]),
        (2, [(0, 50), (200, 50)]),
        (4, [(0, 0), (200, 0), (0, 100), (200, 100)]),
        (5, [(0, 0), (200, 0), (0, 100), (200, 100), (100, 50)]),
        (9, [(x, y) for y in (0, 50, 100) for x in (0, 100, 200)]),
    ],
)
def test_tiles_lie_at_fixed_evenly_spread_places(crops, places):
    assert corners(300, 200, native(crops)) == places


def test_two_tiles_lie_at_the_ends_of_the_longer_side():
    assert corners(200, 300, native(2)) == [(50, 0), (50, 200)]


@pytest.mark.parametrize("crops", CROPS)
def test_a_tile_sized_picture_costs_one_tile(crops):
    [tile] = plan(TILE, TILE, spec_of(native(crops)), Lane.BULK)
    assert tile.weight == pytest.approx(1)


def test_a_picture_smaller_than_every_view_costs_one_tile():
    views = (native(9), View(short_side=256, crops=5), View(short_side=120, crops=1))
    [tile] = plan(32, 32, spec_of(*views), Lane.BULK)
    assert (tile.scaled, tile.left, tile.top) == ((32, 32), 0, 0)
    assert tile.weights == pytest.approx((1 / 3, 1 / 3, 1 / 3))


def test_tiles_at_the_same_place_are_one_with_their_weights_together():
    tiles = plan(300, TILE, spec_of(native(5)), Lane.BULK)
    assert {tile.left: tile.weight for tile in tiles} == pytest.approx({0: 2 / 5, 200: 2 / 5, 100: 1 / 5})


def test_a_view_shares_its_weight_evenly_among_its_tiles():
    tiles = plan(300, 200, spec_of(native(4, weight=3), View(short_side=150, crops=1, weight=1)), Lane.BULK)
    assert [tile.weight for tile in tiles] == pytest.approx([3 / 16] * 4 + [1 / 4])
    assert sum(tile.weight for tile in tiles) == pytest.approx(1)


def test_each_lane_has_its_own_tiles():
    spec = spec_of(native(9))
    assert [len(plan(300, 200, spec, lane)) for lane in (Lane.BULK, Lane.INTERACTIVE)] == [9, 1]


@pytest.mark.parametrize(
    ("size", "small", "scaled"),
    [
        ((400, 600), "mirror", (200, 300)),
        ((601, 401), "mirror", (299, 200)),  # the longer side rounded down
        ((200, 500), "mirror", (200, 500)),
        ((150, 500), "mirror", (150, 500)),  # never enlarged
        ((150, 300), "enlarge", (200, 400)),
        ((1, 30_000), "mirror", (1, 30_000)),
        ((1, 30_000), "enlarge", (200, 6_000_000)),
        ((30_000, 20), "mirror", (30_000, 20)),
    ],
)
def test_the_short_side_is_brought_to_what_the_view_asks(size, small, scaled):
    [tile] = plan(*size, spec_of(View(short_side=200, crops=1), small=small), Lane.BULK)
    assert tile.scaled == scaled


@pytest.mark.parametrize("size", [(32, 32), (32, 400), (400, 32), (99, 101), (100, 50), (1, 1)])
def test_enlarging_always_fills_the_tile(size):
    for view in (native(1), View(short_side=20, crops=1), View(short_side=300, crops=1)):
        [tile] = plan(*size, spec_of(view, small="enlarge", height=120), Lane.BULK)
        assert tile.scaled[0] >= TILE
        assert tile.scaled[1] >= 120
        assert 0 <= tile.box[0] < tile.box[2] <= size[0] + 1e-9
        assert 0 <= tile.box[1] < tile.box[3] <= size[1] + 1e-9


def test_boxes_are_in_pixels_of_the_original():
    first, *_, last = plan(600, 400, spec_of(View(short_side=200, crops=4)), Lane.BULK)
    assert first.box == (0, 0, 200, 200)
    assert last.box == (400, 200, 600, 400)


def test_the_box_of_a_mirrored_tile_reaches_past_the_picture():
    [tile] = plan(32, 64, spec_of(native(1)), Lane.BULK)
    assert tile.box == (0, 0, 100, 100)


def test_a_stretched_picture_is_one_tile_of_all_of_it():
    for lane in Lane:
        [tile] = plan(640, 480, InputSpec(width=32, height=24), lane)
        assert (tile.scaled, tile.box, tile.weight) == ((32, 24), (0, 0, 640, 480), 1)


@pytest.mark.parametrize("size", [(1, 1), (32, 32), (99, 500), (1024, 768), (5472, 3648), (30_000, 2_600)])
@pytest.mark.parametrize("small", ["mirror", "enlarge"])
def test_weights_sum_to_one_and_no_place_comes_twice(size, small):
    views = tuple(View(short_side=side, crops=crops) for side in (None, 64, 256) for crops in CROPS)
    spec = InputSpec(width=96, height=64, small=small, views=dict.fromkeys(Lane, views))
    tiles = plan(*size, spec, Lane.BULK)
    assert sum(tile.weight for tile in tiles) == pytest.approx(1)
    assert len({(tile.scaled, tile.left, tile.top) for tile in tiles}) == len(tiles) <= spec.most_tiles(Lane.BULK)
    assert all(tile.box[0] < size[0] and tile.box[1] < size[1] for tile in tiles)
