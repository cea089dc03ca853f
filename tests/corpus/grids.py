"""HEIC pictures made of one tile shown many times (ISO/IEC 23008-12, 6.6.2.3): small files, large pictures."""

import struct
from collections.abc import Iterator

from PIL import Image

from tests.unit.shared.imaging.pictures import box, encode

TILE = 64
TILE_ITEM, GRID_ITEM = 1, 2


def grids() -> Iterator[tuple[str, bytes]]:
    """`rows` and `columns` run from 1 to 256; what is told to be larger or smaller than its tiles is a lie."""
    for rows, columns in ((1, 1), (2, 3), (16, 16), (32, 32), (139, 139), (256, 256)):
        yield f"heic of {rows}×{columns} tiles", grid(rows, columns)
    yield "heic of 256×256 tiles that says 64×64", grid(256, 256, sides=(64, 64))
    yield "heic of 1×1 tiles that says 8,900×8,900", grid(1, 1, sides=(8_900, 8_900))
    yield "heic of 16×16 tiles, of which there are two", grid(16, 16, references=2)
    yield "heic of 2×2 tiles, of which there are 60,000", grid(2, 2, references=60_000)
    yield "heic whose tile is the grid itself", grid(2, 2, tile=GRID_ITEM)
    yield "heic whose tile does not exist", grid(2, 2, tile=77)


def grid(
    rows: int,
    columns: int,
    *,
    sides: tuple[int, int] | None = None,
    references: int | None = None,
    tile: int = TILE_ITEM,
) -> bytes:
    data = encode(Image.linear_gradient("L").resize((TILE, TILE)).convert("RGB"), "HEIF", quality=50)
    width, height = sides or (columns * TILE, rows * TILE)
    count = min(rows * columns, 65_535) if references is None else references
    coded = data[data.index(b"mdat") + 4 :]
    decoder_setup = _box_at(data, b"hvcC")
    properties = box(b"ipco", decoder_setup + _ispe(TILE, TILE) + _ispe(width, height))
    # Version 0: items of 2 bytes, properties of 1, the essential ones with the highest bit.
    owners = struct.pack(">IIHBBBHBB", 0, 2, TILE_ITEM, 2, 0x81, 2, GRID_ITEM, 1, 3)
    picture = struct.pack(">BBBBHH", 0, 0, rows - 1, columns - 1, width, height)
    wanted = struct.pack(f">HH{count}H", GRID_ITEM, count, *[tile] * count)

    def meta(offset: int) -> bytes:
        """`offset` of the coded tile in the file; the grid's description lies in `idat` (construction method 1)."""
        places = struct.pack(">BBHBBH", 1, 0, 0, 0x44, 0x00, 2)
        places += struct.pack(">HHHHII", TILE_ITEM, 0, 0, 1, offset, len(coded))
        places += struct.pack(">HHHHII", GRID_ITEM, 1, 0, 1, 0, len(picture))
        boxes = (
            box(b"hdlr", bytes(8) + b"pict" + bytes(13)),
            box(b"pitm", bytes(4) + struct.pack(">H", GRID_ITEM)),
            box(b"iloc", places),
            box(b"iinf", bytes(4) + struct.pack(">H", 2) + _item(TILE_ITEM, b"hvc1") + _item(GRID_ITEM, b"grid")),
            box(b"iref", bytes(4) + box(b"dimg", wanted)),
            box(b"iprp", properties + box(b"ipma", owners)),
            box(b"idat", picture),
        )
        return box(b"meta", bytes(4) + b"".join(boxes))

    head = box(b"ftyp", b"heic" + bytes(4) + b"mif1heic")
    return head + meta(len(head) + len(meta(0)) + 8) + box(b"mdat", coded)


def _box_at(data: bytes, kind: bytes) -> bytes:
    at = data.index(kind) - 4
    return data[at : at + int.from_bytes(data[at : at + 4], "big")]


def _ispe(width: int, height: int) -> bytes:
    return box(b"ispe", bytes(4) + struct.pack(">II", width, height))


def _item(number: int, kind: bytes) -> bytes:
    return box(b"infe", bytes((2, 0, 0, 0)) + struct.pack(">HH", number, 0) + kind + b"\0")
