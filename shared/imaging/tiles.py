"""A picture cut into the tiles that a model reads, by Pillow alone: the decoder's process has no numpy."""

from collections.abc import Iterator, Sequence
from itertools import groupby

from PIL import Image

from shared.domain.job import Lane
from shared.domain.model_card import InputSpec
from shared.domain.tiles import Sides, Tile, plan


def cut(image: Image.Image, spec: InputSpec, lane: Lane) -> Iterator[Image.Image]:
    """The tiles of an RGB picture, in the order of `plan`, each of the spec's width × height px."""
    tiles = plan(image.width, image.height, spec, lane)
    for scaled, group in groupby(tiles, key=lambda tile: tile.scaled):
        for part in _cut(image, spec, scaled, list(group)):
            yield _mirrored(part, spec)


def _cut(image: Image.Image, spec: InputSpec, scaled: Sides, tiles: Sequence[Tile]) -> Iterator[Image.Image]:
    """The tiles of one scale, where the picture ends at its edges.

    Tiles that overlap are cut from the region around them, resized once; tiles far apart are resized each for itself.
    """
    boxes = [_within(tile, spec, scaled) for tile in tiles]
    lefts, tops, rights, bottoms = zip(*boxes, strict=True)
    region = (min(lefts), min(tops), max(rights), max(bottoms))
    if len(boxes) == 1 or _area(region) > sum(map(_area, boxes)):
        yield from (_resized(image, spec, scaled, box) for box in boxes)
        return
    around = _resized(image, spec, scaled, region)
    x, y = region[:2]
    yield from (around.crop((left - x, top - y, right - x, bottom - y)) for left, top, right, bottom in boxes)


Box = tuple[int, int, int, int]


def _within(tile: Tile, spec: InputSpec, scaled: Sides) -> Box:
    return (tile.left, tile.top, min(tile.left + spec.width, scaled[0]), min(tile.top + spec.height, scaled[1]))


def _area(box: Box) -> int:
    return (box[2] - box[0]) * (box[3] - box[1])


def _resized(image: Image.Image, spec: InputSpec, scaled: Sides, box: Box) -> Image.Image:
    """What lies in `box` of the picture resized to `scaled`; nothing else of it is ever made."""
    if image.size == scaled:
        return image.crop(box)
    left, top, right, bottom = box
    across, down = image.width / scaled[0], image.height / scaled[1]
    source = (left * across, top * down, min(right * across, image.width), min(bottom * down, image.height))
    return image.resize((right - left, bottom - top), Image.Resampling[spec.resample.upper()], source)


def _mirrored(part: Image.Image, spec: InputSpec) -> Image.Image:
    """Completed to a whole tile on the right and below, as numpy.pad does with mode `symmetric`."""
    while part.width < spec.width:
        part = _beside(part, part.transpose(Image.Transpose.FLIP_LEFT_RIGHT), (part.width, 0))
    while part.height < spec.height:
        part = _beside(part, part.transpose(Image.Transpose.FLIP_TOP_BOTTOM), (0, part.height))
    return part if part.size == (spec.width, spec.height) else part.crop((0, 0, spec.width, spec.height))


def _beside(part: Image.Image, flipped: Image.Image, at: Sides) -> Image.Image:
    both = Image.new("RGB", (part.width + at[0], part.height + at[1]))
    both.paste(part)
    both.paste(flipped, at)
    return both
