"""The TIFF directories of an EXIF block (TIFF 6.0, section 2; EXIF 2.32, section 4.6)."""

import struct
from collections.abc import Mapping
from dataclasses import dataclass

from shared.provenance.limits import TIFF_ENTRIES

Value = str | bytes | int | float | None

IMAGE_DESCRIPTION, MAKE, MODEL, SOFTWARE, DATE_TIME, ARTIST = 0x010E, 0x010F, 0x0110, 0x0131, 0x0132, 0x013B
EXIF_DIRECTORY = 0x8769
EXPOSURE_TIME, F_NUMBER, ISO = 0x829A, 0x829D, 0x8827
TAKEN, DIGITISED = 0x9003, 0x9004
FOCAL_LENGTH, MAKER_NOTE, USER_COMMENT = 0x920A, 0x927C, 0x9286
WIDTH, HEIGHT = 0xA002, 0xA003
LENS_MAKE, LENS_MODEL = 0xA433, 0xA434

_BYTE, _ASCII, _SHORT, _LONG, _RATIONAL, _UNDEFINED, _SIGNED_RATIONAL = 1, 2, 3, 4, 5, 7, 10
_SIZES = {_BYTE: 1, _ASCII: 1, _SHORT: 2, _LONG: 4, _RATIONAL: 8, _UNDEFINED: 1, _SIGNED_RATIONAL: 8}


@dataclass(frozen=True, slots=True)
class _File:
    data: bytes
    order: str

    def unpack(self, form: str, at: int) -> tuple[int, ...]:
        return struct.unpack_from(self.order + form, self.data, at)


def tags(data: bytes) -> Mapping[int, Value]:
    """The tags of the first directory and of the EXIF directory; nothing where `data` is no TIFF.

    Of several values the first counts; a rational is a float, or None where it divides by 0; a damaged entry is left
    out.
    """
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(data[:4])
    if order is None or len(data) < 8:
        return {}
    file = _File(data, order)
    found = _directory(file, file.unpack("I", 4)[0])
    below = found.get(EXIF_DIRECTORY)
    return {**found, **_directory(file, below)} if isinstance(below, int) else found


def _directory(file: _File, at: int) -> dict[int, Value]:
    found: dict[int, Value] = {}
    try:
        (count,) = file.unpack("H", at)
        for number in range(min(count, TIFF_ENTRIES)):
            tag, kind, values, _ = file.unpack("HHII", at + 2 + 12 * number)
            size = _SIZES.get(kind, 0) * values
            place = at + 10 + 12 * number if size <= 4 else file.unpack("I", at + 10 + 12 * number)[0]
            if 0 < size <= len(file.data) - place:
                found.setdefault(tag, _value(file, kind, place, size))
    except struct.error:  # the block ends within the directory
        pass
    return found


def _value(file: _File, kind: int, at: int, size: int) -> Value:
    if kind == _ASCII:
        return file.data[at : at + size].split(b"\0")[0].decode("utf-8", "replace").strip()
    if kind in {_SHORT, _LONG}:
        return file.unpack("H" if kind == _SHORT else "I", at)[0]
    if kind in {_RATIONAL, _SIGNED_RATIONAL}:
        over, under = file.unpack("II" if kind == _RATIONAL else "ii", at)
        return over / under if under else None
    return file.data[at : at + size]


def user_comment(value: Value, byte_order: bytes = b"") -> str:
    """The text of a UserComment: eight bytes of character code come first (EXIF 2.32, section 4.6.5).

    `byte_order`, the first two bytes of the block, tells the byte order of UTF-16, which the standard leaves open.
    """
    if isinstance(value, str):
        return value
    if not isinstance(value, bytes):
        return ""
    code, text = value[:8], value[8:]
    if code == b"UNICODE\0":
        return _utf16(text, byte_order)
    return (text if code in {b"ASCII\0\0\0", bytes(8)} else value).decode("utf-8", "replace").strip("\0 ")


def _utf16(text: bytes, byte_order: bytes) -> str:
    if text[:2] in {b"\xff\xfe", b"\xfe\xff"}:
        return text.decode("utf-16", "replace").strip("\0 ")
    # Many write big-endian whatever the block says: where the zeros of Latin letters stand tells.
    big, little = text[:512:2].count(0), text[1:512:2].count(0)
    if big == little:
        big, little = (1, 0) if byte_order == b"MM" else (0, 1)
    return text.decode("utf-16-be" if big > little else "utf-16-le", "replace").strip("\0 ")
