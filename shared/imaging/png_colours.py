"""What a PNG says of its colours, as ICC profiles (PNG, third edition, 11.3.2), weighed as Chromium does.

Read from the file: Pillow tells the last chunk of a kind, even from behind the pixels, and browsers heed the first.
"""

import struct
import zlib
from collections.abc import Callable

from PIL import PngImagePlugin

from shared.imaging.colour_codes import CURVES, PRIMARIES, SRGB, make_profile, power

# What browsers do not pass over. A profile is judged later: the first one counts, damaged or not.
SOUND: dict[bytes, Callable[[bytes], bool]] = {
    b"cICP": lambda body: len(body) == 4,
    b"iCCP": lambda _: True,
    b"sRGB": lambda body: len(body) == 1 and body[0] <= 3,
    b"gAMA": lambda body: len(body) == 4 and any(body),
    b"cHRM": lambda body: len(body) == 32,
}

# Chromium leaves pixels as stored where gAMA alone says what nearly every file means: 1 / 2.2, to within 5 %.
NEUTRAL = 0.05


def profiles(data: bytes | bytearray) -> list[bytes]:
    """What the chunks before the pixels say, the strongest first: one that is damaged leaves the word to the next."""
    chunks = _chunks(data)
    told = [
        _coded(chunks.get(b"cICP", b"")),
        _embedded(chunks.get(b"iCCP", b"")),
        b"" if b"sRGB" in chunks else _described(chunks),
    ]
    return [profile for profile in told if profile]


def _chunks(data: bytes | bytearray) -> dict[bytes, bytes]:
    """The first sound one of each kind that stands before the pixels."""
    found: dict[bytes, bytes] = {}
    at = 8
    while at < len(data) and (kind := bytes(data[at + 4 : at + 8])) != b"IDAT":
        end = at + 8 + int.from_bytes(data[at : at + 4])
        if kind == b"PLTE":
            found.setdefault(b"cICP", b"")  # Chromium heeds none from here on
        elif kind in SOUND and SOUND[kind](body := bytes(data[at + 8 : end])):
            found.setdefault(kind, body)
        at = end + 4
    return found


def _coded(chunk: bytes) -> bytes:
    """A profile of a cICP chunk; empty where it is not of RGB in full range, or of codes not known here."""
    if chunk[2:] != b"\0\1" or chunk[0] not in PRIMARIES or chunk[1] not in CURVES:
        return b""
    return make_profile(PRIMARIES[chunk[0]], CURVES[chunk[1]])


def _embedded(chunk: bytes) -> bytes:
    """The profile of an iCCP chunk; empty where it does not unpack to its end."""
    name, _, packed = chunk.partition(b"\0")
    unpacking = zlib.decompressobj()
    try:
        profile = unpacking.decompress(packed[1:], PngImagePlugin.MAX_TEXT_CHUNK)
    except zlib.error:
        return b""
    return profile if name and unpacking.eof else b""


def _described(chunks: dict[bytes, bytes]) -> bytes:
    """A profile of gAMA and cHRM; empty without gAMA, and where both mean nothing or nothing new."""
    if b"gAMA" not in chunks:
        return b""
    gamma = int.from_bytes(chunks[b"gAMA"]) / 100_000
    if b"cHRM" in chunks:
        return make_profile([value / 100_000 for value in struct.unpack(">8I", chunks[b"cHRM"])], power(1 / gamma))
    return b"" if abs(2.2 * gamma - 1) < NEUTRAL else make_profile(SRGB, power(1 / gamma))
