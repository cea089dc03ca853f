"""Metadata of a PNG: its text, EXIF and manifest chunks (PNG third edition, section 11.3)."""

import zlib

from shared.provenance.blocks import Blocks
from shared.provenance.limits import BLOCK_BYTES

_XMP = "XML:com.adobe.xmp"


def walk(data: memoryview, blocks: Blocks) -> None:
    at = 8
    while at + 12 <= len(data):
        blocks.step()
        size, kind = int.from_bytes(data[at : at + 4], "big"), bytes(data[at + 4 : at + 8])
        if kind == b"IEND":
            return
        _chunk(kind, data[at + 8 : at + 8 + size], blocks)
        at += 12 + size


def _chunk(kind: bytes, body: memoryview, blocks: Blocks) -> None:
    if kind == b"caBX":
        blocks.manifest = blocks.manifest or "PNG caBX"
    elif kind == b"eXIf":
        blocks.add(blocks.exif, "PNG eXIf", body)
    elif kind in {b"tEXt", b"zTXt", b"iTXt"}:
        keyword, _, rest = bytes(body[: BLOCK_BYTES + 128]).partition(b"\0")
        name = keyword[:79].decode("latin-1")
        text = _text(kind, rest)
        kept = blocks.xmp if name == _XMP else blocks.texts
        blocks.add(kept, f"PNG {kind.decode()}", text, name)


def _text(kind: bytes, rest: bytes) -> bytes:
    """The text of a chunk in UTF-8, never longer than a block and one byte."""
    if kind == b"tEXt":
        return _utf8(rest)
    if kind == b"zTXt":
        return _utf8(_inflate(rest[1:]))
    compressed, parts = rest[:1] == b"\1", rest[2:].split(b"\0", 2)  # language tag, translated keyword, text
    return _inflate(parts[-1]) if compressed else parts[-1]


def _utf8(text: bytes) -> bytes:
    """Latin-1 by the standard; UTF-8 by many who write it."""
    try:
        text.decode()
    except UnicodeDecodeError:
        return text.decode("latin-1").encode()
    return text


def _inflate(data: bytes) -> bytes:
    """At most a block and one byte, which tells that it was cut; what comes before an error."""
    try:
        return zlib.decompressobj().decompress(data, BLOCK_BYTES + 1)
    except zlib.error:
        return b""
