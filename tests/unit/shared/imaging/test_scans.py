import pytest
from PIL import Image

from shared.errors import ImageRefused
from shared.imaging.decode import decode
from shared.imaging.scans import MAX_SCANS, check_scans
from tests.corpus.bombs import jpeg_of_scans
from tests.unit.shared.imaging.pictures import LIMITS, encode, noise, quadrants

OWN_SCANS = 6
"""Pillow's progressive grey pictures have so many."""


def scan_markers(data: bytes) -> int:
    return data.count(b"\xff\xda")


def test_the_made_file_has_as_many_scans_as_it_says():
    assert scan_markers(jpeg_of_scans(64, 1)) == OWN_SCANS
    assert scan_markers(jpeg_of_scans(64, 50)) == OWN_SCANS + 49


def test_as_many_scans_as_allowed_are_decoded():
    data = jpeg_of_scans(64, MAX_SCANS - OWN_SCANS + 1)

    assert scan_markers(data) == MAX_SCANS
    assert decode(data, LIMITS).width == 64


@pytest.mark.parametrize("count", [MAX_SCANS - OWN_SCANS + 2, 20_000])
def test_one_scan_more_is_refused_before_anything_is_decoded(monkeypatch, count):
    monkeypatch.setattr(Image, "open", lambda *_, **__: pytest.fail("the file was opened"))
    with pytest.raises(ImageRefused) as refusal:
        decode(jpeg_of_scans(64, count), LIMITS)

    assert refusal.value.reason == "undecodable"
    assert refusal.value.detail == "Its JPEG data has more than 64 scans: save it again."


@pytest.mark.parametrize("options", [{}, {"progressive": True}, {"restart_marker_rows": 1}, {"subsampling": 0}])
def test_what_lies_behind_the_picture_or_in_its_segments_is_not_counted(options):
    data = encode(noise(200, 200), "JPEG", **options)
    comment = b"\xff\xfe\x0f\xa2" + b"\xff\xda" * 2_000
    decoded = decode(data[:2] + comment + data[2:] + b"\xff\xda\0\2" * 2_000, LIMITS)

    assert decoded.width == 200


def test_a_file_that_never_ends_its_picture_is_looked_through_once():
    check_scans(b"\xff\xd8" + b"\xff\xda\xff\xff" + b"\xff\xda" * 1_000)
    check_scans(encode(quadrants(), "JPEG")[:-2] + b"\xff" * 10_000_000 + b"\xff\xda\xff\xff" * 100)
