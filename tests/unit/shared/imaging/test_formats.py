import pytest

from shared.errors import ImageRefused
from shared.imaging.formats import HEAD_BYTES, Format, identify
from tests.unit.shared.imaging.pictures import box, encode, encode_as, noise, quadrants


@pytest.mark.parametrize("image_format", Format)
def test_real_files_are_known_by_their_first_bytes(image_format):
    assert identify(encode_as(image_format, quadrants())[:HEAD_BYTES]) is image_format


def test_a_multi_picture_jpeg_is_a_jpeg():
    data = encode(quadrants(), "MPO", save_all=True, append_images=[noise()])

    assert identify(data) is Format.JPEG


@pytest.mark.parametrize(
    ("compatible", "expected"),
    [(b"mif1miafavif", Format.AVIF), (b"mif1heicmiaf", Format.HEIC), (b"miafMA1Bavis", Format.AVIF)],
)
def test_a_container_brand_is_told_by_the_codec_beside_it(compatible, expected):
    assert identify(box(b"ftyp", b"mif1\0\0\0\0" + compatible) + b"heicavif") is expected


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (encode(quadrants(), "TIFF"), "TIFF"),
        (encode(quadrants(), "BMP"), "BMP"),
        (encode(quadrants(), "JPEG2000"), "JPEG 2000"),
        (encode(quadrants(), "EPS"), "PostScript"),
        (encode(quadrants(), "PDF"), "PDF"),
        (b'\n<svg xmlns="http://www.w3.org/2000/svg"/>', "SVG"),
        (b'\xef\xbb\xbf<?xml version="1.0"?><svg/>', "SVG"),
        (b"<!DOCTYPE html><html></html>", "web page"),
        (b"PK\x03\x04rest of an archive", "ZIP"),
        (box(b"ftyp", b"isom\0\0\x02\0isomiso2avc1mp41"), "video"),
        (box(b"ftyp", b"mp42\0\0\0\0mp42isom"), "video"),
        (box(b"ftyp", b"mif1\0\0\0\0mif1miaf"), "HEIF image of a rare kind"),
        (b"", "empty"),
        (b"A picture is worth a thousand words.", "no image format"),
        (b"\xff\xd8", "no image format"),
    ],
)
def test_anything_else_is_refused_and_named(head, kind):
    with pytest.raises(ImageRefused) as refusal:
        identify(head[:HEAD_BYTES])

    assert refusal.value.reason == "unsupported_format"
    assert kind in refusal.value.detail
