"""Codes of colours in AVIF and HEIC; the colours expected are those that Chromium 150 draws of the same AVIF."""

import struct

import pytest
from PIL import Image

from shared.imaging import nclx
from shared.imaging.formats import Format
from tests.unit.shared.imaging.decode.outcomes import is_near, pixels
from tests.unit.shared.imaging.pictures import box, encode_as, gamma_curve, rgb_profile

BROWN = (200, 100, 50)
DISPLAY_P3, SRGB, LINEAR, GAMMA_22 = 12, 13, 8, 4
GAMMA_8 = rgb_profile(curve=gamma_curve(8))

with_codes = pytest.mark.parametrize("image_format", [Format.AVIF, Format.HEIC])


def coded(image_format: Format, primaries: int, transfer: int, colour=BROWN, **options) -> bytes:
    data = bytearray(encode_as(image_format, Image.new("RGB", (64, 64), colour), **options))
    assert data.count(b"nclx") == 1
    struct.pack_into(">HH", data, data.index(b"nclx") + 4, primaries, transfer)
    return bytes(data)


@with_codes
@pytest.mark.parametrize(
    ("primaries", "transfer", "expected"),
    [
        (1, SRGB, BROWN),
        (DISPLAY_P3, SRGB, (215, 93, 31)),
        (1, 4, (201, 100, 46)),
        (1, 5, (189, 76, 26)),
        (1, 7, (206, 115, 68)),
        (1, LINEAR, (229, 168, 122)),
        (1, 17, (200, 87, 34)),
    ],
)
def test_the_codes_are_followed(image_format, primaries, transfer, expected):
    assert is_near(pixels(coded(image_format, primaries, transfer))[32, 32], expected, 4)


@with_codes
@pytest.mark.parametrize("camera", [1, 6, 14, 15])
def test_the_curve_of_a_camera_is_that_of_srgb(image_format, camera):
    assert is_near(pixels(coded(image_format, 1, camera))[32, 32], BROWN, 4)


@pytest.mark.parametrize(
    ("primaries", "transfer", "expected"),
    [(2, 2, BROWN), (99, LINEAR, (229, 168, 122)), (DISPLAY_P3, 99, (215, 93, 31))],
    ids=["neither is told", "unknown primaries", "unknown transfer"],
)
def test_a_code_that_is_not_known_is_that_of_srgb(primaries, transfer, expected):
    assert is_near(pixels(coded(Format.AVIF, primaries, transfer))[32, 32], expected, 4)


@with_codes
@pytest.mark.parametrize("transfer", [16, 18])
def test_what_is_coded_for_hdr_stays_as_it_is_stored(image_format, transfer):
    assert is_near(pixels(coded(image_format, 9, transfer))[32, 32], BROWN, 4)


def test_a_profile_comes_before_the_codes():
    data = coded(Format.AVIF, DISPLAY_P3, LINEAR, icc_profile=GAMMA_8)
    assert is_near(pixels(data)[32, 32], (106, 2, 0), 4)


def test_a_grey_picture_has_codes_too():
    data = bytearray(encode_as(Format.AVIF, Image.new("L", (64, 64), 128)))
    struct.pack_into(">HH", data, data.index(b"nclx") + 4, 1, LINEAR)
    assert is_near(pixels(bytes(data))[32, 32], (188, 188, 188), 4)


def container(*, primary: int = 7, wide: bool = False, at: int = 2, extra: bytes = b"") -> bytes:
    """What of a file tells the codes of its items: linear for the one with the number 7, gamma 2.2 for the others."""
    ids, number = (">I", 0x8000) if wide else (">H", 0x80)
    entries = b"".join(
        struct.pack(f"{ids}B{'H' if wide else 'B'}", item, 1, number | index) for item, index in ((5, 1), (7, at))
    )
    colours = (box(b"colr", b"nclx" + struct.pack(">HHHB", 1, transfer, 6, 128)) for transfer in (GAMMA_22, LINEAR))
    ipma = box(b"ipma", bytes((wide, 0, 0, wide)) + struct.pack(">I", 2) + entries)
    iprp = box(b"iprp", box(b"ipco", b"".join(colours)) + ipma)
    pitm = box(b"pitm", bytes((wide, 0, 0, 0)) + struct.pack(ids, primary))
    return box(b"ftyp", b"avif") + extra + box(b"meta", bytes(4) + pitm + iprp)


def curve(data: bytes) -> tuple[float, ...]:
    [profile] = nclx.profiles(data)
    return tuple(number / 65536 for number in struct.unpack(">5i", profile[-20:]))


@pytest.mark.parametrize("wide", [False, True])
def test_the_codes_are_those_of_the_primary_picture(wide):
    assert curve(container(wide=wide))[0] == 1.0
    assert curve(container(wide=wide, primary=5))[0] == pytest.approx(2.2, abs=1e-4)
    assert nclx.profiles(container(wide=wide, primary=6)) == []


@pytest.mark.parametrize("at", [0, 3])
def test_properties_that_are_not_there_say_nothing(at):
    assert nclx.profiles(container(at=at)) == []


def test_a_box_may_tell_its_size_in_64_bits():
    assert curve(container(extra=struct.pack(">I4sQ", 1, b"free", 18) + b"xx"))[0] == 1.0


def test_whatever_is_damaged_has_no_codes_or_others_and_is_no_error():
    data = container()
    for end in range(len(data)):
        assert nclx.profiles(data[:end]) == []
    for at in range(len(data)):
        for level in (0, 1, 0x7F, 0xFF):
            assert len(nclx.profiles(data[:at] + bytes((level,)) + data[at + 1 :])) <= 1
