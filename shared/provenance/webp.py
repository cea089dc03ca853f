"""Metadata of a WebP: its RIFF chunks (RFC 9649, section 2.7)."""

from shared.provenance.blocks import Blocks


def walk(data: memoryview, blocks: Blocks) -> None:
    end = min(len(data), 8 + int.from_bytes(data[4:8], "little"))
    at = 12
    while at + 8 <= end:
        blocks.step()
        kind, size = bytes(data[at : at + 4]), int.from_bytes(data[at + 4 : at + 8], "little")
        body = data[at + 8 : min(end, at + 8 + size)]
        if kind == b"EXIF":
            blocks.add(blocks.exif, "WebP EXIF", body[6:] if bytes(body[:6]) == b"Exif\0\0" else body)
        elif kind == b"XMP ":
            blocks.add(blocks.xmp, "WebP XMP", body)
        elif kind == b"C2PA":
            blocks.manifest = blocks.manifest or "WebP C2PA"
        at += 8 + size + size % 2
