"""Small pictures and the files they make; every file is written here, none is kept."""

import io
import struct
import zlib

import numpy as np
from PIL import Image

import shared.imaging.decode  # noqa: F401 - registers HEIF with Pillow
from shared.imaging.formats import Format
from shared.imaging.limits import Limits

LIMITS = Limits(max_pixels=80_000_000, max_side=30_000)

PILLOW = {
    Format.JPEG: ("JPEG", {"quality": 95, "subsampling": 0}),
    Format.PNG: ("PNG", {}),
    Format.WEBP: ("WEBP", {"lossless": True}),
    Format.GIF: ("GIF", {}),
    Format.AVIF: ("AVIF", {"quality": 95, "subsampling": "4:4:4", "speed": 10}),
    Format.HEIC: ("HEIF", {"quality": 95, "chroma": 444}),
}

RED, GREEN, BLUE, YELLOW = (220, 30, 30), (30, 200, 30), (30, 30, 220), (220, 220, 30)


def encode(image: Image.Image, pillow_format: str, **options) -> bytes:
    file = io.BytesIO()
    image.save(file, pillow_format, **options)
    return file.getvalue()


def encode_as(image_format: Format, image: Image.Image, **options) -> bytes:
    name, defaults = PILLOW[image_format]
    return encode(image, name, **{**defaults, **options})


def quadrants(width: int = 96, height: int = 64) -> Image.Image:
    """Red, green above blue, yellow: every turn and flip shows."""
    image = Image.new("RGB", (width, height), RED)
    image.paste(GREEN, (width // 2, 0, width, height // 2))
    image.paste(BLUE, (0, height // 2, width // 2, height))
    image.paste(YELLOW, (width // 2, height // 2, width, height))
    return image


def noise(width: int = 64, height: int = 48, seed: int = 1) -> Image.Image:
    values = np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)
    return Image.fromarray(values)


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width: int, height: int, *, depth: int, colour: int, rows: list[bytes], extra: bytes = b"") -> bytes:
    """A PNG of samples as given (PNG specification, 11.2.1): kinds that Pillow reads and does not write."""
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    pixels = zlib.compress(b"".join(b"\0" + row for row in rows))
    parts = (chunk(b"IHDR", header), extra, chunk(b"IDAT", pixels), chunk(b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def box(kind: bytes, data: bytes) -> bytes:
    """One box of an ISO base media file."""
    return struct.pack(">I", 8 + len(data)) + kind + data


def icc_profile(space: bytes, tags: list[tuple[bytes, bytes]], pcs: bytes = b"XYZ ", kind: bytes = b"mntr") -> bytes:
    """An ICC profile (ICC.1:2001-04) of these tags; a display's, where `kind` says no other."""
    start = 132 + 12 * len(tags)
    table, data = b"", b""
    for name, value in tags:
        table += struct.pack(">4s2I", name, start + len(data), len(value))
        data += value.ljust(-(-len(value) // 4) * 4, b"\0")
    header = struct.pack(
        ">I4sI4s4s4s12s4s", start + len(data), b"\0" * 4, 0x02100000, kind, space, pcs, b"\0" * 12, b"acsp"
    )
    header = header.ljust(68, b"\0") + struct.pack(">3I", 0xF6D6, 0x10000, 0xD32D)
    return header.ljust(128, b"\0") + struct.pack(">I", len(tags)) + table + data


SRGB_PRIMARIES = ((0.4360, 0.2225, 0.0139), (0.3851, 0.7169, 0.0971), (0.1431, 0.0606, 0.7141))
DISPLAY_P3_PRIMARIES = ((0.5151, 0.2412, -0.0010), (0.2920, 0.6922, 0.0419), (0.1571, 0.0666, 0.7841))
SRGB_CURVE = b"para\0\0\0\0" + struct.pack(
    ">2H5i", 3, 0, *(round(65536 * value) for value in (2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045))
)


def gamma_curve(gamma: float) -> bytes:
    return b"curv\0\0\0\0" + struct.pack(">IH", 1, round(256 * gamma))


def rgb_tags(primaries=SRGB_PRIMARIES, curve: bytes = SRGB_CURVE) -> list[tuple[bytes, bytes]]:
    """Primaries are X, Y, Z of red, green and blue under D50."""
    columns = (b"XYZ \0\0\0\0" + struct.pack(">3i", *(round(65536 * value) for value in each)) for each in primaries)
    return [
        *zip((b"rXYZ", b"gXYZ", b"bXYZ"), columns, strict=True),
        *((name, curve) for name in (b"rTRC", b"gTRC", b"bTRC")),
    ]


def rgb_profile(primaries=SRGB_PRIMARIES, curve: bytes = SRGB_CURVE) -> bytes:
    return icc_profile(b"RGB ", rgb_tags(primaries, curve))


def grey_profile(curve: bytes) -> bytes:
    return icc_profile(b"GRAY", [(b"kTRC", curve)])


def lab_table(inputs: int, lookup: bytes) -> bytes:
    """From `inputs` channels to Lab in 8 bits (mft1), with two points a channel; the first varies slowest."""
    identity = bytes(range(256))
    matrix = struct.pack(">9i", *(65536 * (i % 4 == 0) for i in range(9)))
    return b"mft1" + bytes((0, 0, 0, 0, inputs, 3, 2, 0)) + matrix + identity * inputs + lookup + identity * 3


def cmyk_profile() -> bytes:
    """A CMYK profile under which cyan ink prints a strong red."""
    white, red, black = bytes((255, 128, 128)), bytes((128, 208, 178)), bytes((0, 128, 128))
    table = lab_table(4, (white + black) * 4 + (red + black) * 4)
    return icc_profile(b"CMYK", [(b"A2B0", table)], pcs=b"Lab ", kind=b"prtr")
