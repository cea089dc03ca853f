import struct
import zlib

import pytest
from PIL import Image

from shared.imaging.decode import decode
from shared.imaging.limits import Limits
from tests.unit.shared.imaging.decode.outcomes import pixels, refusal_of
from tests.unit.shared.imaging.pictures import RED, chunk, encode, noise, png, quadrants


@pytest.mark.parametrize(("width", "height"), [(1, 1), (1, 16_384), (16_384, 1)])
def test_odd_shapes_are_read(width, height):
    assert pixels(encode(Image.new("RGB", (width, height), RED), "PNG")).shape == (height, width, 3)


def gif_of(width: int, height: int) -> bytes:
    data = encode(quadrants(), "GIF")
    return data[:6] + struct.pack("<HH", width, height) + data[10:]


def jpeg_of(width: int, height: int) -> bytes:
    data = encode(quadrants(), "JPEG")
    sides = data.index(b"\xff\xc0") + 5
    return data[:sides] + struct.pack(">HH", height, width) + data[sides + 4 :]


def webp_of(width: int, height: int) -> bytes:
    data = encode(quadrants(), "WEBP", exif=b"MM")
    sides = struct.pack("<I", width - 1)[:3] + struct.pack("<I", height - 1)[:3]
    return data[:24] + sides + data[30:]


BOMBS = {
    "png": png(60_000, 60_000, depth=8, colour=2, rows=[b""]),
    "png just above": png(8_000, 10_001, depth=1, colour=0, rows=[b""]),
    "gif": gif_of(65_535, 65_535),
    "jpeg": jpeg_of(65_500, 65_500),
    "webp": webp_of(16_384, 16_384),
}


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_is_refused_by_its_header(name):
    assert refusal_of(BOMBS[name]).reason == "too_many_pixels"


def test_a_side_too_long_is_refused():
    refusal = refusal_of(png(30_001, 1, depth=8, colour=0, rows=[b""]))

    assert refusal.reason == "too_many_pixels"
    assert "30001 × 1 px" in refusal.detail


def test_the_limits_are_those_given():
    data = encode(noise(64, 48), "PNG")

    assert decode(data, Limits(max_pixels=64 * 48, max_side=64)).width == 64
    assert refusal_of(data, Limits(max_pixels=64 * 48 - 1, max_side=64)).reason == "too_many_pixels"
    assert refusal_of(data, Limits(max_pixels=64 * 48, max_side=63)).reason == "too_many_pixels"


@pytest.mark.parametrize("kind", [b"zTXt", b"iCCP"])
def test_a_compressed_chunk_that_bursts_is_refused(kind):
    bursting = chunk(kind, b"name\0\0" + zlib.compress(bytes(50_000_000)))

    assert refusal_of(png(1, 1, depth=8, colour=0, rows=[b"\0"], extra=bursting)).reason == "undecodable"
