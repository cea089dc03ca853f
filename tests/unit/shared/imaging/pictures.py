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


def cmyk_profile() -> bytes:
    """A CMYK profile (ICC.1:2001-04, mft1) under which cyan ink prints a strong red."""
    white, red, black = bytes((255, 128, 128)), bytes((128, 208, 178)), bytes((0, 128, 128))  # Lab in 8 bits
    lookup = (white + black) * 4 + (red + black) * 4  # cyan varies slowest, black fastest
    identity = bytes(range(256))
    matrix = struct.pack(">9i", *(65536 * (i % 4 == 0) for i in range(9)))
    table = b"mft1" + bytes((0, 0, 0, 0, 4, 3, 2, 0)) + matrix + identity * 4 + lookup + identity * 3
    size = 128 + 4 + 12 + len(table)
    header = struct.pack(
        ">I4sI4s4s4s12s4s", size, b"\0" * 4, 0x02100000, b"prtr", b"CMYK", b"Lab ", b"\0" * 12, b"acsp"
    )
    header = header.ljust(68, b"\0") + struct.pack(">3I", 0xF6D6, 0x10000, 0xD32D)
    return header.ljust(128, b"\0") + struct.pack(">I4sII", 1, b"A2B0", 144, len(table)) + table
