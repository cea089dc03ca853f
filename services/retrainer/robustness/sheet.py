"""Contact sheets: rows and columns of pictures with what is said of them."""

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from matplotlib import font_manager
from PIL import Image, ImageDraw, ImageFont, ImageOps

from services.retrainer.robustness.overlay import AI_COLOUR, HUMAN_COLOUR

INK, PALE, PAPER = (31, 41, 55), (229, 231, 235), (255, 255, 255)

TILE, GAP, LABEL, HEAD, LINE = 216, 12, 148, 34, 30
"""Widths and heights in px: a tile, the gap between two, the column of names, the row of heads, a reading."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Reading:
    """One line under a picture, and a probability in [0, 1] as a bar."""

    words: str
    probability: float | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Tile:
    """A picture, smaller ones beneath it side by side, and readings beneath those."""

    picture: Image.Image
    beneath: Sequence[Image.Image] = ()
    readings: Sequence[Reading] = ()


def sheet(heads: Sequence[str], rows: Sequence[tuple[str, Sequence[Tile]]], *, note: str = "") -> Image.Image:
    """A contact sheet: `note` and a head over each column, a name of four short lines before each row."""
    heights = [_height(tiles) for _, tiles in rows]
    top = HEAD * bool(note) + HEAD * any(heads)
    page = Image.new("RGB", (LABEL + len(heads) * (TILE + GAP), top + sum(heights) + GAP), PAPER)
    draw = ImageDraw.Draw(page)
    draw.text((GAP // 2, GAP // 2), note, font=_font(13), fill=INK)
    for column, head in enumerate(heads):
        draw.text((LABEL + column * (TILE + GAP), top - HEAD + GAP // 2), head, font=_font(15, bold=True), fill=INK)
    for (name, tiles), height in zip(rows, heights, strict=True):
        draw.line((0, top, page.width, top), fill=PALE)
        draw.multiline_text((GAP // 2, top + GAP), _wrapped(name), font=_font(12), fill=INK, spacing=3)
        for column, tile in enumerate(tiles):
            _paste(page, draw, tile, LABEL + column * (TILE + GAP), top + GAP)
        top += height
    return page


def _height(tiles: Sequence[Tile]) -> int:
    beneath = max((len(tile.beneath) for tile in tiles), default=0)
    small = _small(beneath) * 3 // 4 + 4 if beneath else 0
    return TILE * 3 // 4 + 4 + small + LINE * max(len(tile.readings) for tile in tiles) + 2 * GAP


def _small(count: int) -> int:
    return (TILE - 4 * (count - 1)) // count


def _paste(page: Image.Image, draw: ImageDraw.ImageDraw, tile: Tile, left: int, top: int) -> None:
    page.paste(_boxed(tile.picture, TILE), (left, top))
    top += TILE * 3 // 4 + 4
    if tile.beneath:
        small = _small(len(tile.beneath))
        for index, picture in enumerate(tile.beneath):
            page.paste(_boxed(picture, small), (left + index * (small + 4), top))
        top += small * 3 // 4 + 4
    for reading in tile.readings:
        draw.text((left, top), reading.words, font=_font(12), fill=INK)
        if reading.probability is not None:
            _bar(draw, (left, top + 17), reading.probability)
        top += LINE


def _boxed(image: Image.Image, width: int) -> Image.Image:
    """In a box of 4 to 3, whole."""
    return ImageOps.pad(image, (width, width * 3 // 4), Image.Resampling.LANCZOS, color=PALE)


def _bar(draw: ImageDraw.ImageDraw, place: tuple[int, int], probability: float) -> None:
    """Orange for AI from the left, green for human to the right."""
    left, top = place
    end = left + TILE - 1
    middle = left + round((TILE - 1) * probability)
    draw.rectangle((left, top, end, top + 5), fill=HUMAN_COLOUR)
    if middle > left:
        draw.rectangle((left, top, middle, top + 5), fill=AI_COLOUR)


def _wrapped(name: str) -> str:
    """Four lines at most."""
    lines = [part for line in name.split("\n") for part in textwrap.wrap(line, 18)]
    return "\n".join(lines[:4])


@cache
def _font(size: int, *, bold: bool = False) -> ImageFont.FreeTypeFont:
    """DejaVu Sans, which comes with matplotlib."""
    return ImageFont.truetype(font_manager.findfont("DejaVu Sans:bold" if bold else "DejaVu Sans"), size)
