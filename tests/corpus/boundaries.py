"""Where the parts of an image file begin and end: markers, chunks, blocks, boxes."""

import struct
import zlib
from collections.abc import Iterator

from shared.imaging.formats import Format

PNG_SIGNATURE = 8
RIFF_HEADER = 12

# ISO/IEC 14496-12 and 23008-12: boxes that hold boxes, and how many bytes stand before these.
CONTAINERS = {
    b"meta": 4, b"iprp": 0, b"ipco": 0, b"iinf": 6, b"iref": 4, b"dinf": 0, b"dref": 8, b"moov": 0,
    b"trak": 0, b"mdia": 0, b"minf": 0, b"stbl": 0, b"stsd": 8, b"edts": 0, b"grpl": 0,
}  # fmt: skip


def boundaries(image_format: Format, data: bytes) -> list[int]:
    """Offsets, ascending, at which some part of a sound file begins or ends."""
    found = {
        Format.JPEG: _markers,
        Format.PNG: _chunks,
        Format.WEBP: _riff_chunks,
        Format.GIF: _blocks,
        Format.AVIF: _boxes,
        Format.HEIC: _boxes,
    }[image_format](data)
    return sorted({offset for offset in found if 0 <= offset <= len(data)})


def _markers(data: bytes) -> Iterator[int]:
    """Of ITU T.81, annex B; inside a scan 0xFF is stuffed, so that a marker cannot be mistaken."""
    at = 0
    while (at := data.find(b"\xff", at)) >= 0 and at + 1 < len(data):
        code = data[at + 1]
        if code not in {0x00, 0xFF}:
            yield from (at, at + 2)
        if code in {0x00, 0xFF, 0x01} or 0xD0 <= code <= 0xD9:
            at += 1 if code == 0xFF else 2
            continue
        yield at + 4
        at += 2 + int.from_bytes(data[at + 2 : at + 4], "big")
        yield at


def _chunks(data: bytes) -> Iterator[int]:
    at = PNG_SIGNATURE
    while at + 8 <= len(data):
        length = int.from_bytes(data[at : at + 4], "big")
        yield from (at, at + 4, at + 8, at + 8 + length, at + 12 + length)
        at += 12 + length


def with_checksums(data: bytes) -> bytes:
    """A PNG whose chunks have the checksums that they should have: damage then gets past the first door."""
    made, at = bytearray(data), PNG_SIGNATURE
    while at + 12 <= len(made):
        end = at + 8 + int.from_bytes(made[at : at + 4], "big")
        if end + 4 > len(made):
            break
        made[end : end + 4] = struct.pack(">I", zlib.crc32(made[at + 4 : end]))
        at = end + 4
    return bytes(made)


def _riff_chunks(data: bytes, at: int = RIFF_HEADER, end: int | None = None) -> Iterator[int]:
    end = len(data) if end is None else end
    while at + 8 <= end:
        length = int.from_bytes(data[at + 4 : at + 8], "little")
        yield from (at, at + 4, at + 8, at + 8 + length)
        if data[at : at + 4] == b"ANMF":
            yield from _riff_chunks(data, at + 24, at + 8 + length)
        at += 8 + length + length % 2


def _blocks(data: bytes) -> Iterator[int]:
    """Of GIF89a, appendix A."""
    at = 13 + _table_bytes(data[10])
    yield from (6, 13, at)
    while at < len(data) and data[at] in b"!,":
        if data[at] == 0x21:
            at += 2
        else:
            at += 10 + _table_bytes(data[at + 9]) + 1
        yield at
        while at < len(data) and data[at]:
            at += 1 + data[at]
            yield at
        at += 1
        yield at


def _table_bytes(flags: int) -> int:
    return 3 << (flags % 8 + 1) if flags & 0x80 else 0


def _boxes(data: bytes, at: int = 0, end: int | None = None) -> Iterator[int]:
    end = len(data) if end is None else end
    while at + 8 <= end:
        length, kind = struct.unpack_from(">I4s", data, at)
        length = length if length >= 8 else end - at
        yield from (at, at + 4, at + 8, at + length)
        if kind in CONTAINERS:
            yield from _boxes(data, at + 8 + CONTAINERS[kind], min(at + length, end))
        at += length
