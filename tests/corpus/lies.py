"""Metadata that lies: EXIF that turns in circles or points anywhere, boxes of impossible lengths, absurd sides."""

import struct
from collections.abc import Iterator, Mapping

from shared.imaging.formats import Format
from tests.corpus.bombs import with_sides
from tests.corpus.seeds import picture, seeds_of
from tests.unit.shared.imaging.pictures import box, chunk, encode, encode_as, png

ORIENTATION, SUB_IFD, GPS_IFD, INTEROP, MAKER_NOTE = 0x0112, 0x8769, 0x8825, 0xA005, 0x927C
SHORT, LONG, UNDEFINED = 3, 4, 7

Entry = tuple[int, int, int, int]
"""Tag, type, count, and the value or its offset (TIFF 6.0, section 2)."""


def lies() -> Iterator[tuple[str, bytes]]:
    for name, block in _exif_blocks().items():
        yield from ((f"{form} with EXIF: {name}", _with_exif(form, block)) for form in Format if form is not Format.GIF)
    yield from _absurd_sides()
    yield from _absurd_parts()
    yield from _shapes()
    for form in (Format.AVIF, Format.HEIC):
        yield from ((f"{form}: {name}", data) for name, data in _lying_boxes(form))


def tiff(*entries: Entry, next_ifd: int = 0, order: str = ">", count: int | None = None) -> bytes:
    """A block of one directory at offset 8."""
    said = len(entries) if count is None else count
    body = b"".join(struct.pack(f"{order}HHI", *entry[:3]) + _value(order, *entry[1:]) for entry in entries)
    head = (b"MM" if order == ">" else b"II") + struct.pack(f"{order}HI", 42, 8)
    return head + struct.pack(f"{order}H", said) + body + struct.pack(f"{order}I", next_ifd)


def _value(order: str, kind: int, count: int, value: int) -> bytes:
    return struct.pack(f"{order}HH", value, 0) if kind == SHORT and count == 1 else struct.pack(f"{order}I", value)


def _exif_blocks() -> Mapping[str, bytes]:
    blocks = {f"orientation {n}": tiff((ORIENTATION, SHORT, 1, n)) for n in (*range(10), 255, 65_535)}
    for kind in range(14):
        blocks[f"orientation of type {kind}"] = tiff((ORIENTATION, kind, 1, 6))
    for count in (0, 2, 3, 65_536, 2**31, 2**32 - 1):
        for kind in (SHORT, LONG, UNDEFINED):
            blocks[f"{count} orientations of type {kind}"] = tiff((ORIENTATION, kind, count, 6))
    for tag, name in ((SUB_IFD, "EXIF"), (GPS_IFD, "GPS"), (INTEROP, "interoperability"), (MAKER_NOTE, "maker's note")):
        for at in (0, 1, 8, 10, 2**31 - 1, 2**31, 2**32 - 1):
            blocks[f"the {name} directory at {at}"] = tiff((ORIENTATION, SHORT, 1, 6), (tag, LONG, 1, at))
    for at in (1, 8, 10, 2**31, 2**32 - 1):
        blocks[f"the next directory at {at}"] = tiff((ORIENTATION, SHORT, 1, 6), next_ifd=at)
    blocks["little-endian"] = tiff((ORIENTATION, SHORT, 1, 8), order="<")
    blocks["more entries than there are"] = tiff((ORIENTATION, SHORT, 1, 6), count=65_535)
    blocks["5,000 entries"] = tiff(*[(ORIENTATION, SHORT, 1, n % 9) for n in range(5_000)])
    blocks["two orientations"] = tiff((ORIENTATION, SHORT, 1, 6), (ORIENTATION, SHORT, 1, 3))
    blocks["a chain of directories"] = _chain(2_000)
    blocks["two directories in a circle"] = _chain(2, closed=True)
    blocks["nothing"] = b""
    blocks["no directory"] = b"MM\0*"
    blocks["a directory far away"] = b"MM\0*\xff\xff\xff\xff"
    blocks["BigTIFF"] = b"MM\0+\0\x08\0\0" + bytes(64)
    return blocks


def _chain(length: int, *, closed: bool = False) -> bytes:
    """Directories of one entry, each of 18 bytes and naming the next."""
    made = bytearray(b"MM\0*\0\0\0\x08")
    for number in range(length):
        following = 8 + 18 * (number + 1) if number + 1 < length else 8 if closed else 0
        made += struct.pack(">HHHIHHI", 1, ORIENTATION, SHORT, 1, 6, 0, following)
    return bytes(made)


def _with_exif(image_format: Format, block: bytes) -> bytes:
    """Put in by hand where a library would repair or refuse it."""
    if image_format is Format.JPEG:
        data, segment = encode(picture(), "JPEG"), b"Exif\0\0" + block[:65_500]
        return data[:2] + b"\xff\xe1" + struct.pack(">H", len(segment) + 2) + segment + data[2:]
    if image_format is Format.PNG:
        data = encode(picture(), "PNG")
        return data[:33] + chunk(b"eXIf", block) + data[33:]
    if image_format is Format.WEBP:
        return _webp_with_exif(block)
    # Of the same length, so that every offset in the boxes stays true.
    marker = tiff((ORIENTATION, SHORT, 1, 6)).ljust(max(len(block), 26), b"\0")
    data = encode_as(image_format, picture(), exif=b"Exif\0\0" + marker)
    return data.replace(marker, block.ljust(len(marker), b"\0"))


def _webp_with_exif(block: bytes) -> bytes:
    image = encode(picture(), "WEBP")[12:]
    sides = (47).to_bytes(3, "little") + (31).to_bytes(3, "little")
    exif = b"EXIF" + struct.pack("<I", len(block)) + block + bytes(len(block) % 2)
    body = b"WEBPVP8X" + struct.pack("<I", 10) + b"\x08\0\0\0" + sides + image + exif
    return b"RIFF" + struct.pack("<I", len(body)) + body


def _absurd_sides() -> Iterator[tuple[str, bytes]]:
    for width, height in ((0, 0), (0, 1), (1, 0), (1, 1), (47, 33), (48, 31), (65_535, 1), (1, 65_535)):
        for form in Format:
            if form is Format.WEBP and 0 in {width, height}:
                continue  # it stores sides less one
            yield f"{form} says {width}×{height}", with_sides(form, width, height)
    for side in (2**31 - 1, 2**31, 2**32 - 1):  # negative, to whom reads them with a sign
        for form in (Format.PNG, Format.AVIF, Format.HEIC):
            for width, height in ((side, side), (side, 1), (1, side)):
                yield f"{form} says {width}×{height}", with_sides(form, width, height)


def _absurd_parts() -> Iterator[tuple[str, bytes]]:
    for length in (0, 1, 12, 2**31 - 1, 2**31, 2**32 - 1):
        for form in (Format.PNG, Format.WEBP):
            for data in seeds_of(form)[:2]:
                at, order = (8, "big") if form is Format.PNG else (16, "little")
                yield (
                    f"{form} whose first part has {length} bytes",
                    data[:at] + length.to_bytes(4, order) + data[at + 4 :],
                )
    for depth in (0, 1, 3, 8, 16, 32, 255):
        for colour in range(8):
            yield f"png of {depth} bits, colour {colour}", png(8, 8, depth=depth, colour=colour, rows=[bytes(64)] * 8)


def _shapes() -> Iterator[tuple[str, bytes]]:
    for width, height in ((1, 1), (1, 16_384), (16_384, 1), (30_000, 1), (1, 30_000), (2, 30_000), (16_384, 16)):
        for form in (Format.JPEG, Format.PNG, Format.WEBP, Format.GIF):
            if form is Format.WEBP and max(width, height) > 16_383:
                continue  # its sides have 14 bits
            yield f"{form} of {width}×{height}", encode_as(form, picture(2, 2).resize((width, height)))
    for form in (Format.AVIF, Format.HEIC):
        for width, height in ((1, 1), (1, 300), (300, 1), (16, 4_000)):
            yield f"{form} of {width}×{height}", encode_as(form, picture(2, 2).resize((width, height)))


def _lying_boxes(image_format: Format) -> Iterator[tuple[str, bytes]]:
    data = seeds_of(image_format)[0]
    kinds = (b"ftyp", b"meta", b"hdlr", b"pitm", b"iloc", b"iinf", b"iprp", b"ipco", b"ispe", b"ipma", b"mdat")
    for kind in kinds:
        at = data.index(kind) - 4
        for length in (0, 1, 2, 7, 8, 9, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF):
            yield f"{kind.decode()} of {length} bytes", data[:at] + struct.pack(">I", length) + data[at + 4 :]
        for length in (0, 8, 15, 16, 2**31, 2**32, 2**63 - 1, 2**63, 2**64 - 1, 2**64 - at if at else 2**64 - 8):
            wide = struct.pack(">I4sQ", 1, kind, length)
            yield f"{kind.decode()} of {length} bytes in 64 bits", data[:at] + wide + data[at + 8 :]
        for number in range(8, 40, 4):
            for value in (0, 0x7FFFFFFF, 0xFFFFFFFF):
                changed = data[: at + number] + struct.pack(">I", value) + data[at + number + 4 :]
                yield f"{kind.decode()} with {value} at {number}", changed
    head = data[: data.index(b"meta") - 4]
    for kind in (b"meta", b"moov", b"iprp", b"ipco"):
        for depth in (100, 10_000):
            yield f"{depth} {kind.decode()} in one another", head + _nested(kind, depth)
    yield "a picture that refers to itself", _referring(data, 1, (1,) * 1_000)
    yield "a picture of 65,535 references", _referring(data, 1, (1,) * 65_535)
    yield "references in a circle", _referring(data, 1, (2,), (1,))


def _nested(kind: bytes, depth: int) -> bytes:
    """Each box holds the next; `meta` has four bytes of its own before it."""
    own = bytes(4) if kind == b"meta" else b""
    size = 8 + len(own)
    return b"".join(struct.pack(">I", size * (depth - level)) + kind + own for level in range(depth))


def _referring(data: bytes, first: int, *targets: tuple[int, ...]) -> bytes:
    """`iref` boxes of the kind `dimg` (is made from) at the end of `meta`; what lies behind it moves."""
    boxes = b"".join(
        box(b"dimg", struct.pack(f">HH{len(to)}H", source, len(to), *to)) for source, to in enumerate(targets, first)
    )
    more = box(b"iref", bytes(4) + boxes)
    at = data.index(b"meta") - 4
    length = int.from_bytes(data[at : at + 4], "big")
    return data[:at] + struct.pack(">I", length + len(more)) + data[at + 4 : at + length] + more + data[at + length :]
