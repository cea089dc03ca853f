"""The map of evidence as a picture to lay over the image: a PNG, made of the standard library alone."""

import struct
import zlib
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from shared.domain.evidence import CERTAIN, UNSEEN, EvidenceMap

LONG_SIDE = 320
"""In px. A map has 128 cells a side at most, and whoever shows it scales it smoothly."""

# Of matplotlib's "inferno" (van der Walt & Smith, 2015; CC0) from 0.85 down to 0.55: even steps of lightness, told
# apart in every kind of colour blindness.
RAMP = ((251, 190, 35), (252, 165, 10), (249, 142, 9), (243, 120, 25), (234, 99, 42), (221, 81, 58), (204, 66, 72))

HEAT_ALPHA = 216
"""Of a part that certainly speaks for AI generation; the picture still shows through."""

STRIPE = 4
"""Width in px of the stripes over parts that were never looked at."""

EVEN = CERTAIN // 2
"""The level that speaks for neither side."""

STRIPES = (CERTAIN + 1, CERTAIN + 2)
"""Levels beyond those of heat: the colours of the stripes."""


def overlay(evidence: EvidenceMap, width: int, height: int) -> bytes:
    """An RGBA PNG in the shape of a picture of `width` × `height` px, clear where nothing speaks for AI generation.

    The more a part speaks for it, the redder and denser; parts never looked at are striped in grey.
    """
    scale = LONG_SIDE / max(width, height)
    columns, rows = max(1, round(width * scale)), max(1, round(height * scale))
    return _png(columns, _rows(evidence, columns, rows))


def _rows(evidence: EvidenceMap, columns: int, rows: int) -> Iterator[bytes]:
    """The rows of the picture, 4 bytes a pixel."""
    size = evidence.columns
    cells = [evidence.cells[start : start + size] for start in range(0, len(evidence.cells), size)]
    across = _places(size, columns)
    wide = [_stretched([EVEN if cell == UNSEEN else cell for cell in row], across) for row in cells]
    for y, place in enumerate(_places(len(cells), rows)):
        levels = [round(a + place.share * (b - a)) for a, b in zip(wide[place.before], wide[place.after], strict=True)]
        if UNSEEN in (row := cells[place.nearest]):
            for x, beside in enumerate(across):
                if row[beside.nearest] == UNSEEN:
                    levels[x] = STRIPES[(x + y) // STRIPE % 2]
        yield b"".join([COLOURS[level] for level in levels])


class Place(NamedTuple):
    """Where the centre of a pixel lies: between two cells, at `share`, 0 to 1, of the way to the second."""

    before: int
    after: int
    share: float

    @property
    def nearest(self) -> int:
        return self.after if self.share > 0.5 else self.before


def _places(cells: int, pixels: int) -> list[Place]:
    places = []
    for pixel in range(pixels):
        at = min(max((pixel + 0.5) * cells / pixels - 0.5, 0), cells - 1)
        places.append(Place(int(at), min(int(at) + 1, cells - 1), at % 1))
    return places


def _stretched(row: Sequence[int], places: Sequence[Place]) -> list[float]:
    return [row[before] + share * (row[after] - row[before]) for before, after, share in places]


def _colours() -> list[bytes]:
    """RGBA of each level, then of both stripes."""
    heat = []
    for level in range(CERTAIN + 1):
        strength = max(0, level - EVEN) / (CERTAIN - EVEN)
        before = min(int(strength * (len(RAMP) - 1)), len(RAMP) - 2)
        part = strength * (len(RAMP) - 1) - before
        colour = (round(a + part * (b - a)) for a, b in zip(RAMP[before], RAMP[before + 1], strict=True))
        heat.append(bytes((*colour, round(strength * HEAT_ALPHA))))
    return [*heat, bytes((128, 128, 128, 24)), bytes((128, 128, 128, 88))]


COLOURS = _colours()


def _png(width: int, rows: Iterator[bytes]) -> bytes:
    """PNG specification, sections 5 and 11.2: RGBA of 8 bits, each row unfiltered."""
    lines = [b"\0" + row for row in rows]
    header = struct.pack(">IIBBBBB", width, len(lines), 8, 6, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(b"".join(lines))), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, data) for kind, data in chunks)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
