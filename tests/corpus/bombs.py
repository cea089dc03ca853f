"""Small files that ask for much: sides, bursting chunks, frames, scans, codes without end."""

import functools
import struct
import zlib
from collections.abc import Callable, Iterator, Mapping

from PIL import Image

from shared.imaging.formats import Format
from shared.imaging.scans import MAX_SCANS
from tests.corpus.grids import grids
from tests.corpus.seeds import picture, seeds
from tests.unit.shared.imaging.pictures import box, chunk, encode, encode_as, png

SIDES = ((65_535, 65_535), (30_001, 1), (1, 30_001), (16_000, 16_000), (8_944, 8_945), (8_944, 8_944), (30_000, 2_666))
"""Over and just under 80,000,000 pixels and 30,000 px a side."""

GIF_HEAD = b"GIF89a" + struct.pack("<HHBBB", 1, 1, 0x80, 0, 0) + bytes(6)
GIF_FRAME = b"," + struct.pack("<HHHHB", 0, 0, 1, 1, 0) + b"\x02\x02\x44\x01\x00"


def bombs() -> Iterator[tuple[str, bytes]]:
    for width, height in SIDES:
        for image_format in Format:
            yield f"{image_format} says {width}×{height}", with_sides(image_format, width, height)
    for make in (_chunks, _frames, _scans, _boxes, grids):
        yield from make()


def with_sides(image_format: Format, width: int, height: int) -> bytes:
    """A small sound file of which only the header speaks of other sides."""
    return _SIDES_SETTERS[image_format](_plain(image_format), width, height)


def _plain(image_format: Format) -> bytes:
    name = {Format.JPEG: "baseline", Format.PNG: "colour", Format.WEBP: "lossy"}.get(image_format, "plain")
    return seeds()[f"{image_format} {name}"][1]


def _put(data: bytes, at: int, new: bytes) -> bytes:
    return data[:at] + new + data[at + len(new) :]


def _jpeg_sides(data: bytes, width: int, height: int) -> bytes:
    return _put(data, data.index(b"\xff\xc0") + 5, struct.pack(">HH", height, width))


def _png_sides(data: bytes, width: int, height: int) -> bytes:
    header = struct.pack(">II", width, height) + data[24:29]
    return data[:8] + chunk(b"IHDR", header) + data[33:]


def _webp_sides(data: bytes, width: int, height: int) -> bytes:
    """In a VP8X header of 24 bits a side, before the frame; the frame itself keeps its own."""
    sides = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    body = b"WEBPVP8X" + struct.pack("<I", 10) + bytes(4) + sides + data[12:]
    return b"RIFF" + struct.pack("<I", len(body)) + body


def _gif_sides(data: bytes, width: int, height: int) -> bytes:
    """Of the screen and of its first frame."""
    screen = _put(data, 6, struct.pack("<HH", width, height))
    return _put(screen, screen.index(b",\0\0\0\0") + 5, struct.pack("<HH", width, height))


def _iso_sides(data: bytes, width: int, height: int) -> bytes:
    return _put(data, data.index(b"ispe") + 8, struct.pack(">II", width, height))


_SIDES_SETTERS: dict[Format, Callable[[bytes, int, int], bytes]] = {
    Format.JPEG: _jpeg_sides,
    Format.PNG: _png_sides,
    Format.WEBP: _webp_sides,
    Format.GIF: _gif_sides,
    Format.AVIF: _iso_sides,
    Format.HEIC: _iso_sides,
}


def _large(pillow_format: str, *, mode: str = "RGB", side: int = 8_900, **options: object) -> bytes:
    return encode(Image.new(mode, (side, side)), pillow_format, **options)


def _large_png(*, depth: int, colour: int, row_bytes: int, extra: bytes = b"") -> bytes:
    return png(8_900, 8_900, depth=depth, colour=colour, rows=[bytes(row_bytes)] * 8_900, extra=extra)


LARGE: Mapping[str, Callable[[], bytes]] = {
    "png of 79 MP, 1 bit": lambda: _large_png(depth=1, colour=0, row_bytes=1_113),
    "png of 79 MP, colour": lambda: _large_png(depth=8, colour=2, row_bytes=26_700),
    "png of 79 MP, alpha of 16 bits": lambda: _large_png(depth=16, colour=6, row_bytes=71_200),
    "png of 79 MP, transparent grey": lambda: _large_png(
        depth=8, colour=0, row_bytes=8_900, extra=chunk(b"tRNS", b"\0\0")
    ),
    "jpeg of 79 MP": lambda: _large("JPEG"),
    "jpeg of 79 MP, progressive": lambda: _large("JPEG", progressive=True),
    "jpeg of 79 MP, CMYK": lambda: _large("JPEG", mode="CMYK"),
    "jpeg of 79 MP, as many scans as are decoded": lambda: jpeg_of_scans(8_900, MAX_SCANS - 5),
    "webp of 79 MP": lambda: _large("WEBP", lossless=True, method=0),
    "webp of 79 MP, lossy": lambda: _large("WEBP", quality=1, method=0),
    "gif of 79 MP": lambda: _large("GIF", mode="L"),
    "avif of 16 MP": lambda: _large("AVIF", side=4_000, speed=10, quality=1),
    "avif of 16 MP that says 64×64": lambda: _iso_sides(_large("AVIF", side=4_000, speed=10, quality=1), 64, 64),
    "heic of 16 MP that says 64×64": lambda: _iso_sides(_large("HEIF", side=4_000, quality=1), 64, 64),
    "heic of 16 MP": lambda: _large("HEIF", side=4_000, quality=1),
}
"""Sound pictures as large as is accepted, out of few bytes: what costs the most time and memory that a picture may."""


def _chunks() -> Iterator[tuple[str, bytes]]:
    burst = zlib.compress(bytes(100_000_000), 9)
    international = b"name\0\1\0\0\0" + burst
    extras = {
        "zTXt of 100 MB": chunk(b"zTXt", b"name\0\0" + burst),
        "iTXt of 100 MB": chunk(b"iTXt", international),
        "iCCP of 100 MB": chunk(b"iCCP", b"name\0\0" + burst),
        "300 zTXt of 1 MB": chunk(b"zTXt", b"name\0\0" + zlib.compress(bytes(1_000_000))) * 300,
        "300 iTXt of 1 MB": chunk(b"iTXt", b"name\0\1\0\0\0" + zlib.compress(bytes(1_000_000))) * 300,
        "20 tEXt of 1 MB": chunk(b"tEXt", b"name\0" + bytes(1_000_000)) * 20,
        "100,000 empty tEXt": chunk(b"tEXt", b"n\0") * 100_000,
        "100,000 empty chunks": chunk(b"prVt", b"") * 100_000,
        "20 zTXt in one another": chunk(b"zTXt", b"name\0\0" + _nested(20)),
    }
    for name, extra in extras.items():
        yield f"png with {name}", png(8, 8, depth=8, colour=2, rows=[bytes(24)] * 8, extra=extra)
    sound = png(8, 8, depth=8, colour=2, rows=[bytes(24)] * 8)
    yield "png with bursting text behind the picture", sound[:-12] + extras["zTXt of 100 MB"] + sound[-12:]
    yield "png of 1×1 with 100 MB of pixels", png(1, 1, depth=8, colour=0, rows=[bytes(100_000_000)])
    yield "png with 100,000 empty IDAT", _png_of_pieces([b""] * 100_000)
    yield "png in pieces of one byte", _png_of_pieces([bytes((byte,)) for byte in zlib.compress(bytes(25 * 8), 0)])
    jpeg = _plain(Format.JPEG)
    comments = b"\xff\xfe\xff\xff" + bytes(65_533)
    yield "jpeg with 300 comments of 64 KiB", jpeg[:2] + comments * 300 + jpeg[2:]
    yield "jpeg with 200,000 empty comments", jpeg[:2] + b"\xff\xfe\0\2" * 200_000 + jpeg[2:]
    pieces = b"".join(b"\xff\xe2\0\x12ICC_PROFILE\0" + bytes((1, 255)) for _ in range(100_000))
    yield "jpeg with 100,000 pieces of a profile", jpeg[:2] + pieces + jpeg[2:]


def _nested(depth: int) -> bytes:
    data = bytes(900_000)
    for _ in range(depth):
        data = zlib.compress(data)
    return data


def _png_of_pieces(pieces: list[bytes]) -> bytes:
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", 8, 8, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + b"".join(chunk(b"IDAT", one) for one in pieces) + chunk(b"IEND", b"")


def _frames() -> Iterator[tuple[str, bytes]]:
    yield "gif of 100,000 frames", GIF_HEAD + GIF_FRAME * 100_000 + b";"
    yield "gif of 100,000 comments", GIF_HEAD + b"!\xfe\x01x\0" * 100_000 + GIF_FRAME + b";"
    yield (
        "gif whose frame is larger than its screen",
        _put(GIF_HEAD + GIF_FRAME, 24, struct.pack("<HH", 65_535, 65_535)),
    )
    yield "gif whose frame lies far outside", _put(GIF_HEAD + GIF_FRAME, 20, struct.pack("<HH", 65_535, 65_535))
    yield "gif of LZW codes without end", _gif_of_codes(bytes(255), 8_900)
    yield "gif of clear codes without end", _gif_of_codes(b"\x24\x49\x92" * 85, 8_900)
    yield "png of 2³¹ frames", _animated_png(acTL=struct.pack(">II", 2**31 - 1, 0))
    yield (
        "png whose frame is larger than its picture",
        _animated_png(fcTL=struct.pack(">IIIII", 0, 2**31 - 1, 2**31 - 1, 0, 0)),
    )
    yield "webp of 50,000 frames", _webp_of_frames(50_000)
    yield "webp of 16,383 px a side with small frames", _webp_of_frames(3, sides=(16_383, 16_383))
    yield "webp of 79 MP with small frames", _webp_of_frames(3, sides=(8_900, 8_900))
    jpeg = encode(picture(), "MPO", save_all=True, append_images=[picture()] * 300)
    yield "jpeg of 300 pictures", jpeg


def _gif_of_codes(block: bytes, side: int) -> bytes:
    head = b"GIF89a" + struct.pack("<HHBBB", side, side, 0x80, 0, 0) + bytes(6)
    frame = b"," + struct.pack("<HHHHB", 0, 0, side, side, 0) + b"\x02"
    return head + frame + (bytes((len(block),)) + block) * 20_000 + b"\0;"


def _animated_png(**replaced: bytes) -> bytes:
    data = seeds()["png animated"][1]
    for kind, body in replaced.items():
        at = data.index(kind.encode())
        length = int.from_bytes(data[at - 4 : at], "big")
        whole = body + data[at + 4 + len(body) : at + 4 + length]
        data = data[: at - 4] + chunk(kind.encode(), whole) + data[at + 8 + length :]
    return data


def _webp_of_frames(count: int, sides: tuple[int, int] = (1, 1)) -> bytes:
    """Frames of 1×1 px on a canvas of `sides` (WebP container specification, "Animation")."""
    image = encode(Image.new("RGB", (1, 1)), "WEBP", lossless=True)[12:]
    frame = bytes(12) + struct.pack("<I", 40) + image
    canvas = b"".join((side - 1).to_bytes(3, "little") for side in sides)
    body = b"WEBPVP8X" + struct.pack("<I", 10) + b"\2\0\0\0" + canvas + b"ANIM" + struct.pack("<I", 6) + bytes(6)
    body += (b"ANMF" + struct.pack("<I", len(frame)) + frame) * count
    return b"RIFF" + struct.pack("<I", len(body)) + body


def _scans() -> Iterator[tuple[str, bytes]]:
    """A scan of few bytes makes the decoder pass over all the picture once more (libjpeg-turbo, "Two Issues with the JPEG Standard")."""
    for side, count in ((4_000, 50), (1_000, 1_000), (4_000, 20_000)):
        yield f"jpeg of {count:,} scans, {side} px", jpeg_of_scans(side, count)


@functools.cache
def jpeg_of_scans(side: int, count: int) -> bytes:
    """A progressive picture whose last scan stands in the file `count` times."""
    data = encode(Image.new("L", (side, side)), "JPEG", progressive=True)
    tables = data.rindex(b"\xff\xc4")
    return data[:tables] + data[tables:-2] * count + data[-2:]


def _boxes() -> Iterator[tuple[str, bytes]]:
    for image_format in (Format.AVIF, Format.HEIC):
        data = _plain(image_format)
        head, rest = data[: data.index(b"meta") - 4], data[data.index(b"meta") - 4 :]
        yield f"{image_format} with 500,000 empty boxes", head + box(b"free", b"") * 500_000 + rest
        yield f"{image_format} with 500,000 empty boxes inside", head + _filled_meta(rest, box(b"free", b"") * 500_000)
        items = b"".join(
            box(b"infe", bytes((2, 0, 0, 0)) + struct.pack(">HH", n % 65_536, 0) + b"av01\0") for n in range(65_535)
        )
        many = box(b"iinf", bytes(4) + struct.pack(">H", 65_535) + items)
        yield f"{image_format} with 65,535 items more", head + _filled_meta(rest, many)
    large = encode_as(Format.AVIF, picture(), save_all=True, append_images=[picture()] * 200)
    yield "avif of 200 frames", large


def _filled_meta(meta: bytes, more: bytes) -> bytes:
    """`meta` begins with that box; what it points to lies behind it, and moves: only the boxes matter here."""
    length = int.from_bytes(meta[:4], "big")
    return struct.pack(">I", length + len(more)) + meta[4:length] + more + meta[length:]
