import io
import struct

import pytest
from PIL import Image

from shared.imaging.formats import Format
from tests.unit.shared.imaging.decode.outcomes import WHITE, corners, is_near, pixels
from tests.unit.shared.imaging.pictures import BLUE, RED, YELLOW, chunk, encode, encode_as, png, quadrants


def test_cmyk_jpeg_becomes_rgb():
    data = encode(quadrants().convert("CMYK"), "JPEG", quality=95)

    assert Image.open(io.BytesIO(data)).mode == "CMYK"
    assert is_near(corners(pixels(data))["top left"], RED)


def test_16_bit_grey_is_scaled_and_not_clipped():
    samples = (0, 128, 129, 257, 32_768, 65_535)
    data = png(6, 1, depth=16, colour=0, rows=[struct.pack(">6H", *samples)])

    assert pixels(data)[0].tolist() == [[round(value / 257)] * 3 for value in samples]


def test_16_bit_colour_is_scaled_and_not_clipped():
    samples = (0, 257, 32_896, 65_535, 25_700, 514)
    data = png(2, 1, depth=16, colour=2, rows=[struct.pack(">6H", *samples)])

    assert pixels(data).ravel().tolist() == [value // 257 for value in samples]


def test_16_bit_colour_with_alpha_is_laid_on_white():
    samples = (257, 514, 771, 65_535, 257, 514, 771, 0)
    data = png(2, 1, depth=16, colour=6, rows=[struct.pack(">8H", *samples)])

    assert pixels(data)[0].tolist() == [[1, 2, 3], [255, 255, 255]]


def test_16_bit_grey_with_a_transparent_value_is_read():
    data = png(2, 1, depth=16, colour=0, rows=[struct.pack(">2H", 257, 514)], extra=chunk(b"tRNS", b"\1\1"))

    assert pixels(data)[0].tolist() == [[1, 1, 1], [2, 2, 2]]


def test_grey_becomes_three_equal_channels():
    array = pixels(encode(Image.new("L", (8, 8), 77), "PNG"))

    assert (array == 77).all()
    assert array.shape == (8, 8, 3)


def test_one_bit_is_black_and_white():
    image = Image.new("1", (8, 8), 0)
    image.putpixel((3, 0), 1)
    array = pixels(encode(image, "PNG"))

    assert array[0, 3].tolist() == [255, 255, 255]
    assert array.sum() == 3 * 255


def test_a_palette_is_looked_up():
    assert is_near(corners(pixels(encode(quadrants().quantize(4), "PNG")))["bottom left"], BLUE)


@pytest.mark.parametrize("pillow_format", ["PNG", "GIF"])
def test_a_transparent_palette_entry_shows_white(pillow_format):
    image = quadrants().quantize(4)
    transparent = image.getpixel((4, 4))
    found = corners(pixels(encode(image, pillow_format, transparency=transparent)))

    assert is_near(found["top left"], WHITE, 0)
    assert is_near(found["bottom right"], YELLOW)


def test_a_palette_with_alpha_is_laid_on_white():
    image = Image.new("P", (4, 4), 1)
    image.putpalette([0, 0, 0, 100, 50, 0])

    assert pixels(encode(image, "PNG", transparency=bytes((255, 128))))[0, 0].tolist() == [177, 152, 127]


@pytest.mark.parametrize(
    ("mode", "colour", "expected"),
    [
        ("RGBA", (10, 20, 30, 255), [10, 20, 30]),
        ("RGBA", (10, 20, 30, 0), [255, 255, 255]),
        ("RGBA", (0, 100, 200, 128), [127, 177, 227]),
        ("LA", (0, 255), [0, 0, 0]),
        ("LA", (0, 0), [255, 255, 255]),
        ("LA", (100, 128), [177, 177, 177]),
    ],
)
@pytest.mark.parametrize("image_format", [Format.PNG, Format.WEBP])
def test_alpha_is_laid_on_white(image_format, mode, colour, expected):
    data = encode_as(
        image_format, Image.new(mode, (8, 8), colour), **({"exact": True} if image_format == "webp" else {})
    )

    assert pixels(data)[3, 3].tolist() == expected


@pytest.mark.parametrize("image_format", [Format.AVIF, Format.HEIC])
def test_alpha_of_lossy_formats_is_laid_on_white(image_format):
    image = Image.new("RGBA", (64, 64), (200, 30, 30, 255))
    image.paste((200, 30, 30, 0), (32, 0, 64, 64))
    array = pixels(encode_as(image_format, image))

    assert is_near(array[32, 8], (200, 30, 30))
    assert is_near(array[32, 56], WHITE, 4)


def test_a_transparent_colour_shows_white():
    data = png(2, 1, depth=8, colour=2, rows=[bytes((1, 2, 3, 4, 5, 6))], extra=chunk(b"tRNS", b"\0\1\0\2\0\3"))

    assert pixels(data)[0].tolist() == [[255, 255, 255], [4, 5, 6]]


def test_grey_with_a_transparent_value_shows_white():
    data = png(2, 1, depth=8, colour=0, rows=[bytes((1, 2))], extra=chunk(b"tRNS", b"\0\1"))

    assert pixels(data)[0].tolist() == [[255, 255, 255], [2, 2, 2]]
