"""What an AVIF or HEIC says of its colours by codes (`nclx`, ISO/IEC 14496-12, 12.1.5), as an ICC profile.

Read from the file: Pillow does not tell it.
"""

import struct
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import NamedTuple

from shared.imaging import colour_codes
from shared.imaging.colour_codes import PRIMARIES, SRGB, make_profile

# In an AVIF Chromium takes the curves of cameras, and what it does not know, for sRGB's: not as in a PNG.
CURVES = {code: colour_codes.CURVES[code] for code in (4, 5, 7, 8, 13, 17)}
SRGB_CURVE = CURVES[13]

PQ, HLG = 16, 18

MOST_PROPERTIES = 0x7FFF
"""More no item can name."""


class Box(NamedTuple):
    kind: bytes
    body: memoryview


def profiles(data: bytes | bytearray) -> list[bytes]:
    """That of the primary picture's codes; none where it has no codes, or those of HDR or of sRGB."""
    try:
        codes = _codes(memoryview(data))
    except (LookupError, struct.error):
        return []
    if codes is None or codes[1] in {PQ, HLG}:
        return []
    primaries, curve = PRIMARIES.get(codes[0], SRGB), CURVES.get(codes[1], SRGB_CURVE)
    return [] if (primaries, curve) == (SRGB, SRGB_CURVE) else [make_profile(primaries, curve)]


def _codes(data: memoryview) -> tuple[int, int] | None:
    """Primaries and transfer; raises LookupError and struct.error where the boxes are damaged or missing."""
    meta = _child(_boxes(data), b"meta")[4:]
    pitm, iprp = _child(_boxes(meta), b"pitm"), _child(_boxes(meta), b"iprp")
    (primary,) = struct.unpack_from(">I" if pitm[0] else ">H", pitm, 4)
    properties = list(islice(_boxes(_child(_boxes(iprp), b"ipco")), MOST_PROPERTIES))
    named = (index for kind, body in _boxes(iprp) if kind == b"ipma" for index in _associated(body, primary))
    for index in filter(None, named):
        kind, body = properties[index - 1]
        if kind == b"colr" and bytes(body[:4]) == b"nclx":
            primaries, transfer = struct.unpack_from(">HH", body, 4)
            return primaries, transfer
    return None


def _associated(ipma: memoryview, wanted: int) -> Iterator[int]:
    """The numbers of an item's properties: 1 is the first of all, 0 none."""
    wide_item, wide_property = ipma[0] > 0, ipma[3] & 1
    (entries,) = struct.unpack_from(">I", ipma, 4)
    at = 8
    for _ in range(entries):
        item, count = struct.unpack_from(">IB" if wide_item else ">HB", ipma, at)
        at += 5 if wide_item else 3
        # The highest bit says whether a reader must know the property.
        numbers = struct.unpack_from(f">{count}{'H' if wide_property else 'B'}", ipma, at)
        at += count * (2 if wide_property else 1)
        if item == wanted:
            yield from (number & (0x7FFF if wide_property else 0x7F) for number in numbers)


def _child(boxes: Iterable[Box], kind: bytes) -> memoryview:
    """The body of the first box of this kind; raises LookupError."""
    for box in boxes:
        if box.kind == kind:
            return box.body
    raise LookupError(kind)


def _boxes(data: memoryview) -> Iterator[Box]:
    """One after the other; raises struct.error where one is cut short."""
    at = 0
    while at < len(data):
        size, kind = struct.unpack_from(">I4s", data, at)
        start = at + 8
        if size == 1:
            (size,) = struct.unpack_from(">Q", data, start)
            start += 8
        end = at + size if size else len(data)
        if end < start:
            raise struct.error(f"a box of {size} bytes")
        yield Box(kind, data[start:end])
        at = end
