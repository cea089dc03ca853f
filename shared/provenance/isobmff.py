"""Metadata of an AVIF or HEIC: items and boxes of ISO base media files (ISO/IEC 14496-12, 23008-12)."""

from collections.abc import Iterator
from dataclasses import dataclass

from shared.provenance.blocks import Blocks
from shared.provenance.limits import BLOCK_BYTES

_C2PA = bytes.fromhex("d8fec3d61b0e483c92975828877ec481")
_MOST_ITEMS = 256
"""A phone's picture in tiles has about a hundred."""


@dataclass(frozen=True, slots=True)
class _Item:
    number: int
    kind: bytes
    content_type: bytes


def walk(data: memoryview, blocks: Blocks) -> None:
    for kind, body in _boxes(data, blocks):
        if kind == b"meta":
            _meta(body[4:], data, blocks)
        elif kind == b"uuid" and body[:16] == _C2PA:
            blocks.manifest = blocks.manifest or "ISO-BMFF uuid"


def _boxes(data: memoryview, blocks: Blocks) -> Iterator[tuple[bytes, memoryview]]:
    at = 0
    while at + 8 <= len(data):
        blocks.step()
        size, kind, head = int.from_bytes(data[at : at + 4], "big"), bytes(data[at + 4 : at + 8]), 8
        if size == 1:
            size, head = int.from_bytes(data[at + 8 : at + 16], "big"), 16
        size = size or len(data) - at
        if size < head:
            return
        yield kind, data[at + head : at + size]
        at += size


def _meta(meta: memoryview, data: memoryview, blocks: Blocks) -> None:
    items: list[_Item] = []
    places: dict[int, list[tuple[int, int, int]]] = {}
    stored = memoryview(b"")
    for kind, body in _boxes(meta, blocks):
        if kind == b"iinf":
            start = 6 if bytes(body[:1]) == b"\0" else 8
            items += [item for box, entry in _boxes(body[start:], blocks) if box == b"infe" and (item := _item(entry))]
        elif kind == b"iloc":
            places = _places(_Numbers(body))
        elif kind == b"idat":
            stored = body
    for item in items[:_MOST_ITEMS]:
        if item.kind == b"Exif":
            block = _content(places.get(item.number, []), data, stored)
            # ISO/IEC 23008-12, annex A: an offset to the TIFF header comes first.
            blocks.add(blocks.exif, "HEIF Exif item", block[4 + int.from_bytes(block[:4], "big") :])
        elif item.content_type == b"application/rdf+xml":
            blocks.add(blocks.xmp, "HEIF XMP item", _content(places.get(item.number, []), data, stored))


def _item(entry: memoryview) -> _Item | None:
    """An item's entry of version 2 or 3, which alone tell a type."""
    version = int.from_bytes(entry[:1], "big")
    if version not in {2, 3}:
        return None
    wide = 2 if version == 2 else 4
    number = int.from_bytes(entry[4 : 4 + wide], "big")
    kind = bytes(entry[6 + wide : 10 + wide])
    words = bytes(entry[10 + wide : 266 + wide]).split(b"\0")
    return _Item(number, kind, words[1] if kind == b"mime" and len(words) > 1 else b"")


class _Numbers:
    """Big-endian numbers of given widths, one after the other; past the end they are 0."""

    def __init__(self, data: memoryview) -> None:
        self._data = data
        self._at = 0

    def take(self, width: int) -> int:
        number = int.from_bytes(self._data[self._at : self._at + width], "big")
        self._at += width
        return number

    @property
    def over(self) -> bool:
        return self._at >= len(self._data)


def _places(numbers: _Numbers) -> dict[int, list[tuple[int, int, int]]]:
    """Of each item its first extents: how they are addressed, where they begin, how long they are."""
    version = numbers.take(1)
    numbers.take(3)
    widths = numbers.take(2)
    offset_width, length_width, base_width = widths >> 12, widths >> 8 & 15, widths >> 4 & 15
    index_width = widths & 15 if version else 0
    count = numbers.take(4 if version == 2 else 2)
    places: dict[int, list[tuple[int, int, int]]] = {}
    for _ in range(min(count, _MOST_ITEMS)):
        number = numbers.take(4 if version == 2 else 2)
        method = numbers.take(2) & 15 if version else 0
        numbers.take(2)
        base = numbers.take(base_width)
        extents = []
        for _ in range(numbers.take(2)):
            if numbers.over:
                return places
            numbers.take(index_width)
            extents.append((method, base + numbers.take(offset_width), numbers.take(length_width)))
        places[number] = extents[:8]
    return places


def _content(extents: list[tuple[int, int, int]], data: memoryview, stored: memoryview) -> bytes:
    """The bytes of an item: from the file (method 0) or the `idat` box (method 1)."""
    content = bytearray()
    for method, start, size in extents:
        source = stored if method == 1 else data
        content += source[start : start + min(size, BLOCK_BYTES)]
    return bytes(content[:BLOCK_BYTES])
