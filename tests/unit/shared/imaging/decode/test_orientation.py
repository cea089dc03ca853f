import numpy as np
import pytest
from PIL import Image

from shared.imaging.decode import decode
from shared.imaging.formats import Format
from tests.unit.shared.imaging.decode.outcomes import corners, is_near, pixels
from tests.unit.shared.imaging.pictures import GREEN, LIMITS, RED, encode, encode_as, quadrants

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


@pytest.mark.parametrize("orientation", UPRIGHT)
@pytest.mark.parametrize("image_format", [Format.JPEG, Format.PNG, Format.WEBP, Format.AVIF, Format.HEIC])
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
