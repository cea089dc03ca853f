import io
import zipfile

import numpy as np
import pytest

from shared.imaging.decode import decode
from shared.imaging.formats import Format
from tests.unit.shared.imaging.decode.outcomes import corners, is_near, pixels, refusal_of
from tests.unit.shared.imaging.pictures import BLUE, GREEN, LIMITS, RED, YELLOW, encode, encode_as, noise, quadrants


@pytest.mark.parametrize("image_format", Format)
def test_every_format_gives_its_picture(image_format):
    decoded = decode(encode_as(image_format, quadrants()), LIMITS)

    assert (decoded.format, decoded.width, decoded.height) == (image_format, 96, 64)
    found = corners(np.asarray(decoded.image))
    assert is_near(found["top left"], RED)
    assert is_near(found["top right"], GREEN)
    assert is_near(found["bottom left"], BLUE)
    assert is_near(found["bottom right"], YELLOW)


@pytest.mark.parametrize("image_format", [Format.PNG, Format.WEBP])
def test_lossless_files_give_the_very_pixels(image_format):
    assert np.array_equal(pixels(encode_as(image_format, noise())), np.asarray(noise()))


@pytest.mark.parametrize("options", [{"progressive": True}, {"subsampling": 2}, {"quality": 30}])
def test_kinds_of_jpeg_are_read(options):
    assert is_near(corners(pixels(encode(quadrants(), "JPEG", **options)))["top left"], RED, 20)


def test_a_multi_picture_jpeg_gives_its_first_picture():
    data = encode(quadrants(), "MPO", save_all=True, append_images=[noise()])
    decoded = decode(data, LIMITS)

    assert decoded.format is Format.JPEG
    assert is_near(corners(np.asarray(decoded.image))["top left"], RED)


def test_a_damaged_multi_picture_index_does_not_spoil_the_picture():
    data = encode(quadrants(), "MPO", save_all=True, append_images=[noise()])
    index = data.index(b"MPF\0") + 4

    assert is_near(corners(pixels(data[:index] + b"\xff" * 60 + data[index + 60 :]))["top left"], RED)


@pytest.mark.parametrize("image_format", [Format.GIF, Format.WEBP, Format.PNG, Format.AVIF, Format.HEIC])
def test_an_animation_gives_its_first_frame(image_format):
    data = encode_as(image_format, quadrants(), save_all=True, append_images=[noise(96, 64), noise(96, 64, 2)])

    assert is_near(corners(pixels(data))["bottom right"], YELLOW)


def test_a_picture_with_an_archive_behind_it_is_a_picture():
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as zipped:
        zipped.writestr("payload.txt", "hidden")

    data = encode(quadrants(), "JPEG") + archive.getvalue()

    assert zipfile.is_zipfile(io.BytesIO(data))
    assert is_near(corners(pixels(data))["top left"], RED)


@pytest.mark.parametrize("foreign", ["TIFF", "BMP", "JPEG2000", "EPS", "PDF", "PPM", "ICO", "TGA", "PCX"])
def test_formats_that_pillow_reads_and_we_do_not_are_refused(foreign):
    assert refusal_of(encode(quadrants(64, 64), foreign)).reason == "unsupported_format"


@pytest.mark.parametrize("data", [b"", b"\0" * 100, b"plain text\n", b"<svg/>", b"%PDF-1.7", b"\xff\xd8"])
def test_what_is_no_image_is_refused(data):
    assert refusal_of(data).reason == "unsupported_format"
