import struct

import numpy as np
import pytest
from PIL import Image, PngImagePlugin

from shared.imaging.decode import decode
from shared.imaging.formats import Format
from tests.unit.shared.imaging.decode.outcomes import corners, is_near, pixels
from tests.unit.shared.imaging.pictures import GREEN, LIMITS, RED, chunk, encode, encode_as, png, quadrants

# Where the stored top left and top right corners belong (EXIF 2.32, 4.6.4 A, Orientation).
UPRIGHT = {
    1: ("top left", "top right"),
    2: ("top right", "top left"),
    3: ("bottom right", "bottom left"),
    4: ("bottom left", "bottom right"),
    5: ("top left", "bottom left"),
    6: ("top right", "bottom right"),
    7: ("bottom right", "top right"),
    8: ("bottom left", "top left"),
}


XMP = b"""<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description xmlns:tiff="http://ns.adobe.com/tiff/1.0/" tiff:Orientation="6"/></rdf:RDF></x:xmpmeta>"""


def exif_block(kind: int, count: int, value: bytes, order: str = "<") -> bytes:
    """EXIF of one entry, the orientation."""
    header = struct.pack(f"{order}2sHI", b"II" if order == "<" else b"MM", 42, 8)
    entry = struct.pack(f"{order}HHHI", 1, 0x0112, kind, count) + value.ljust(4, b"\0")
    return b"Exif\0\0" + header + entry + b"\0" * 4


@pytest.mark.parametrize("orientation", UPRIGHT)
@pytest.mark.parametrize("image_format", [Format.JPEG, Format.PNG, Format.AVIF, Format.HEIC])
def test_exif_orientation_is_applied(image_format, orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    decoded = decode(encode_as(image_format, quadrants(), exif=exif.tobytes()), LIMITS)

    assert (decoded.width, decoded.height) == ((96, 64) if orientation < 5 else (64, 96))
    found = corners(np.asarray(decoded.image))
    first, second = UPRIGHT[orientation]
    assert is_near(found[first], RED)
    assert is_near(found[second], GREEN)


@pytest.mark.parametrize(
    "exif", [b"", b"junk", b"MM\0*\0\0\0\x08\xff\xff" + b"\xff" * 40, b"II*\0\xff\xff\xff\xff", b"II*\0\x08\0\0\0\1\0"]
)
@pytest.mark.parametrize("image_format", [Format.JPEG, Format.PNG, Format.WEBP])
def test_damaged_exif_leaves_the_picture_as_it_is(image_format, exif):
    data = encode_as(image_format, quadrants(), exif=b"Exif\0\0" + exif)

    assert is_near(corners(pixels(data))["top left"], RED)


@pytest.mark.parametrize("value", [0, 9, 65535])
def test_an_orientation_that_does_not_exist_means_upright(value):
    exif = Image.Exif()
    exif[0x0112] = value

    assert is_near(corners(pixels(encode(quadrants(), "JPEG", exif=exif)))["top left"], RED)


@pytest.mark.parametrize(("order", "value"), [("<", b"\6\0"), (">", b"\0\6")])
def test_exif_of_either_byte_order_is_read(order, value):
    exif = exif_block(3, 1, value, order)

    assert pixels(encode(quadrants(), "JPEG", exif=exif)).shape == (96, 64, 3)


# What browsers leave as it is stored, they being the eyes that see the map of evidence laid over it.


@pytest.mark.parametrize("image_format", [Format.JPEG, Format.WEBP, Format.AVIF])
def test_the_orientation_in_xmp_is_passed_over(image_format):
    assert pixels(encode_as(image_format, quadrants(), xmp=XMP)).shape == (64, 96, 3)


def test_the_orientation_in_the_xmp_of_a_png_is_passed_over():
    texts = PngImagePlugin.PngInfo()
    texts.add_itxt("XML:com.adobe.xmp", XMP.decode())

    assert pixels(encode(quadrants(), "PNG", pnginfo=texts)).shape == (64, 96, 3)


def test_exif_in_an_old_text_of_a_png_is_passed_over():
    exif = exif_block(3, 1, b"\6\0")
    text = b"Raw profile type exif\0\nexif\n%8d\n%s\n" % (len(exif), exif.hex().encode())
    data = png(2, 1, depth=8, colour=0, rows=[bytes(2)], extra=chunk(b"tEXt", text))

    assert pixels(data).shape == (1, 2, 3)


@pytest.mark.parametrize("orientation", UPRIGHT)
def test_exif_in_a_webp_does_not_turn_it(orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    found = pixels(encode_as(Format.WEBP, quadrants(), exif=exif.tobytes()))

    assert is_near(corners(found)["top left"], RED)
    assert is_near(corners(found)["top right"], GREEN)


@pytest.mark.parametrize("image_format", [Format.JPEG, Format.PNG])
@pytest.mark.parametrize(
    ("kind", "count", "value"), [(4, 1, b"\6"), (3, 2, b"\6\0\6\0"), (1, 1, b"\6")], ids=["long", "two", "byte"]
)
def test_an_orientation_of_another_type_or_number_is_passed_over(image_format, kind, count, value):
    data = encode_as(image_format, quadrants(), exif=exif_block(kind, count, value))

    assert pixels(data).shape == (64, 96, 3)
