"""Metadata of a GIF: its comments and application extensions (GIF89a, sections 24 and 26)."""

from shared.provenance.blocks import Blocks
from shared.provenance.limits import BLOCK_BYTES

_EXTENSION, _IMAGE, _TRAILER = 0x21, 0x2C, 0x3B
_COMMENT, _APPLICATION = 0xFE, 0xFF


def walk(data: memoryview, blocks: Blocks) -> None:
    at = 13 + _table_bytes(data[10]) if len(data) > 13 else len(data)
    while at + 2 < len(data) and data[at] != _TRAILER:
        blocks.step()
        if data[at] == _IMAGE and at + 10 <= len(data):
            _, at = _sub_blocks(data, at + 11 + _table_bytes(data[at + 9]), blocks)
        elif data[at] == _EXTENSION and data[at + 1] == _APPLICATION:
            at = _application(data, at + 2, blocks)
        elif data[at] == _EXTENSION:
            comment = data[at + 1] == _COMMENT
            text, at = _sub_blocks(data, at + 2, blocks, keep=comment)
            if comment:
                blocks.add(blocks.texts, "GIF comment", text, "comment")
        else:
            return


def _application(data: memoryview, at: int, blocks: Blocks) -> int:
    """An application extension whose first sub-block begins at `at`; where the next block begins."""
    name = bytes(data[at + 1 : at + 12])
    start = at + 12
    if name == b"XMP DataXMP":  # not in sub-blocks: the packet as it is, then a trailer that ends any sub-block
        end = bytes(data[start : start + BLOCK_BYTES]).find(b"\x01\xff\xfe")
        if end > 0:
            blocks.add(blocks.xmp, "GIF application XMP", data[start : start + end])
    elif name == b"C2PA_GIF\x01\x00\x00":
        blocks.manifest = blocks.manifest or "GIF application C2PA_GIF"
    return _sub_blocks(data, at, blocks)[1]


def _sub_blocks(data: memoryview, at: int, blocks: Blocks, *, keep: bool = False) -> tuple[bytes, int]:
    """What sub-blocks from `at` on hold, if it is to be kept, and where they end."""
    kept = bytearray()
    while at < len(data) and data[at]:
        blocks.step()
        if keep and len(kept) <= BLOCK_BYTES:
            kept += data[at + 1 : at + 1 + data[at]]
        at += 1 + data[at]
    return bytes(kept), at + 1


def _table_bytes(flags: int) -> int:
    """Of a colour table, which the highest bit announces."""
    return 3 << ((flags & 7) + 1) if flags & 0x80 else 0
