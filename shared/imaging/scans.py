"""How many times a JPEG makes its decoder pass over the picture (ITU T.81, annex B)."""

import re

from shared.errors import ImageRefused

MAX_SCANS = 64
"""Encoders write about ten. One of 136 bytes costs 40 to 80 ms where the picture has 79 million pixels (measured)."""

_SCAN, _END = 0xDA, 0xD9
# After 0xFF may stand 0x00 for the byte itself, 0xFF to fill, a restart or TEM: none of these ends a scan's data.
_NEXT_MARKER = re.compile(rb"\xff[\x02-\xcf\xd8-\xfe]")


def check_scans(data: bytes | bytearray) -> None:
    """Raise ImageRefused(undecodable) for a JPEG whose first picture has more than MAX_SCANS scans."""
    # Nearly always enough, and fast; what lies behind the picture, such as a film, may hold these bytes by chance.
    if data.count(b"\xff\xda") > MAX_SCANS and _has_too_many(data):
        raise ImageRefused("undecodable", f"Its JPEG data has more than {MAX_SCANS} scans: save it again.")


def _has_too_many(data: bytes | bytearray) -> bool:
    scans, at = 0, 2
    while scans <= MAX_SCANS and (marker := _NEXT_MARKER.search(data, at)):
        code, at = data[marker.start() + 1], marker.end()
        if code == _END:
            break
        scans += code == _SCAN
        at += int.from_bytes(data[at : at + 2], "big")
    return scans > MAX_SCANS
