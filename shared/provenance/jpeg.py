"""Metadata of a JPEG: the application segments before its picture (ITU T.81, annex B)."""

from shared.provenance.blocks import Blocks

_EXIF = b"Exif\0\0"
_XMP = b"http://ns.adobe.com/xap/1.0/\0"
_PHOTOSHOP = b"Photoshop 3.0\0"
_APP1, _APP11, _APP13, _COMMENT = 0xE1, 0xEB, 0xED, 0xFE
_START_OF_SCAN, _END = 0xDA, 0xD9
_IIM = 0x0404  # Photoshop's number for the IPTC record
_JUMBF_HEAD = 8  # "JP", box instance, packet number (ISO 19566-5, annex D.2)


def walk(data: memoryview, blocks: Blocks) -> None:
    at = 2
    while at + 4 <= len(data) and data[at] == 0xFF:
        blocks.step()
        marker = data[at + 1]
        if marker == 0xFF:  # fill
            at += 1
            continue
        if marker in {_START_OF_SCAN, _END}:
            return
        size = int.from_bytes(data[at + 2 : at + 4], "big")
        _segment(marker, data[at + 4 : at + 2 + size], blocks)
        at += 2 + max(2, size)


def _segment(marker: int, body: memoryview, blocks: Blocks) -> None:
    head = bytes(body[:32])
    if marker == _APP1 and head.startswith(_EXIF):
        blocks.add(blocks.exif, "JPEG APP1", body[6:])
    elif marker == _APP1 and head.startswith(_XMP):
        blocks.add(blocks.xmp, "JPEG APP1", body[len(_XMP) :])
    elif marker == _APP11 and head.startswith(b"JP") and head[_JUMBF_HEAD + 4 : _JUMBF_HEAD + 8] == b"jumb":
        blocks.manifest = blocks.manifest or "JPEG APP11"
    elif marker == _APP13 and head.startswith(_PHOTOSHOP):
        _resources(body[len(_PHOTOSHOP) :], blocks)
    elif marker == _COMMENT:
        blocks.add(blocks.texts, "JPEG COM", body, "comment")


def _resources(body: memoryview, blocks: Blocks) -> None:
    """Photoshop's image resources: "8BIM", a number, a padded Pascal string, a length, padded data."""
    at = 0
    while at + 8 <= len(body) and bytes(body[at : at + 4]) == b"8BIM":
        blocks.step()
        number = int.from_bytes(body[at + 4 : at + 6], "big")
        at += 6 + _even(1 + body[at + 6])
        size = int.from_bytes(body[at : at + 4], "big")
        if number == _IIM:
            blocks.add(blocks.iim, "JPEG APP13", body[at + 4 : at + 4 + size])
        at += 4 + _even(size)


def _even(size: int) -> int:
    return size + size % 2
