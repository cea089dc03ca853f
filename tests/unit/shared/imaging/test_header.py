import contextlib
import io
import random
import struct
import subprocess
import sys
from pathlib import Path

import pytest

from shared.errors import ImageRefused
from shared.imaging.formats import Format
from shared.imaging.header import MAX_READ_BYTES, MAX_READS, Header, check_header, read_header
from tests.unit.shared.imaging.pictures import box, encode, encode_as, noise, png, quadrants


class CountingFile(io.BytesIO):
    reads = 0
    bytes_read = 0

    def read(self, size=-1):
        data = super().read(size)
        self.reads += 1
        self.bytes_read += len(data)
        return data


@pytest.mark.parametrize("image_format", Format)
def test_format_and_sides_are_read(image_format):
    file = io.BytesIO(encode_as(image_format, quadrants()))
    file.seek(5)

    assert read_header(file) == Header(format=image_format, width=96, height=64)
    assert file.tell() == 0


@pytest.mark.parametrize("options", [{"lossless": True}, {"quality": 50}, {"quality": 50, "exif": b"MM"}])
def test_every_kind_of_webp_tells_its_sides(options):
    file = io.BytesIO(encode(quadrants(97, 61), "WEBP", **options))

    assert read_header(file) == Header(format=Format.WEBP, width=97, height=61)


def test_sides_are_those_stored_before_orientation():
    exif = quadrants().getexif()
    exif[0x0112] = 6

    assert read_header(io.BytesIO(encode(quadrants(), "JPEG", exif=exif))).width == 96


def test_sides_behind_large_metadata_are_found():
    segments = b"".join(b"\xff\xe2" + struct.pack(">H", 65_000) + bytes(64_998) for _ in range(100))
    data = encode(quadrants(), "JPEG")

    assert read_header(io.BytesIO(data[:2] + segments + data[2:])).height == 64


@pytest.mark.parametrize("image_format", Format)
def test_a_header_cut_off_tells_no_sides_and_is_not_refused(image_format):
    enough_to_be_known = 8 if image_format is Format.GIF else 12
    header = read_header(io.BytesIO(encode_as(image_format, quadrants())[:enough_to_be_known]))

    assert header == Header(format=image_format, width=None, height=None)


def test_sides_of_zero_are_unknown():
    assert read_header(io.BytesIO(b"GIF89a" + bytes(20))).width is None


def test_a_file_of_no_image_format_is_refused():
    with pytest.raises(ImageRefused, match="unsupported_format"):
        read_header(io.BytesIO(b"%PDF-1.7"))


def hostile_iso(meta: bytes) -> bytes:
    return box(b"ftyp", b"avif\0\0\0\0avifmif1") + box(b"meta", bytes(4) + meta)


HOSTILE = {
    "a JPEG without a marker": b"\xff\xd8\xff\xe0\0\x02" + bytes(5_000_000),
    "a JPEG of fill bytes": b"\xff\xd8" + b"\xff" * 5_000_000,
    "a JPEG of empty segments": b"\xff\xd8" + b"\xff\xfe\0\x02" * 1_000_000,
    "an AVIF of boxes": hostile_iso(box(b"free", b"") * 500_000),
    "an AVIF of associations": hostile_iso(
        box(b"iprp", box(b"ipma", bytes(4) + struct.pack(">I", 2**32 - 1) + bytes(5_000_000)))
    ),
    # Six bytes an item, 65,535 extents of no size each: minutes of work out of one megabyte.
    "an AVIF of extents": hostile_iso(
        box(b"iloc", bytes(6) + struct.pack(">H", 65_535) + b"\0\1\0\0\xff\xff" * 65_535)
    ),
    "an AVIF whose box is larger than the file": hostile_iso(b"")[:-4] + b"\xff\xff\xff\xff",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_bytes_cost_a_bounded_number_of_reads(name):
    file = CountingFile(HOSTILE[name])

    assert read_header(file).width is None
    assert file.reads <= MAX_READS + 1
    assert file.bytes_read <= MAX_READ_BYTES + 256


def test_damaged_headers_never_raise_anything_but_a_refusal():
    draw = random.Random(7)
    files = [encode_as(image_format, noise()) for image_format in Format]
    for _ in range(3000):
        data = bytearray(draw.choice(files)[: draw.randrange(1, 2000)])
        for _ in range(draw.randrange(1, 20)):
            data[draw.randrange(len(data))] = draw.randrange(256)
        with contextlib.suppress(ImageRefused):
            header = read_header(io.BytesIO(data))
            assert (header.width is None) == (header.height is None)


@pytest.mark.parametrize(
    ("width", "height", "accepted"),
    [(1000, 1000, True), (1001, 1000, False), (2001, 1, False), (1, 2000, True), (None, None, True)],
)
def test_too_many_pixels_or_too_long_a_side_is_refused(width, height, accepted):
    header = Header(format=Format.PNG, width=width, height=height)
    if accepted:
        check_header(header, 1_000_000, 2000)
        return
    with pytest.raises(ImageRefused) as refusal:
        check_header(header, 1_000_000, 2000)
    assert refusal.value.reason == "too_many_pixels"
    assert f"{width} × {height} px" in refusal.value.detail


def test_the_sides_of_a_bomb_are_read_without_its_pixels():
    header = read_header(io.BytesIO(png(50_000, 40_000, depth=8, colour=2, rows=[b""])))

    with pytest.raises(ImageRefused, match="too_many_pixels"):
        check_header(header, 80_000_000, 60_000)


def test_reading_headers_needs_neither_pillow_nor_numpy():
    code = "import sys, shared.imaging.header; sys.exit('PIL' in sys.modules or 'numpy' in sys.modules)"
    root = Path(__file__).parents[4]

    assert subprocess.run([sys.executable, "-c", code], cwd=root, check=False).returncode == 0
