"""Colour codes of PNG; the colours expected are those that Chromium 150 draws of the same file."""

import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from tests.unit.shared.imaging.decode.outcomes import is_near, pixels
from tests.unit.shared.imaging.pictures import (
    SRGB_PRIMARIES,
    chunk,
    cmyk_profile,
    encode,
    gamma_curve,
    icc_profile,
    noise,
    png,
    rgb_profile,
)

BROWN = (200, 100, 50)
AS_STORED, IN_GAMMA_8 = BROWN, (106, 2, 0)
GAMMA_8_PROFILE = rgb_profile(curve=gamma_curve(8))

D65 = (0.3127, 0.3290)
SRGB = (*D65, 0.64, 0.33, 0.30, 0.60, 0.15, 0.06)
ADOBE = (*D65, 0.64, 0.33, 0.21, 0.71, 0.15, 0.06)
DISPLAY_P3 = (*D65, 0.68, 0.32, 0.265, 0.69, 0.15, 0.06)
BULB = (0.4476, 0.4074, *SRGB[2:])
SWAPPED = (*D65, 0.30, 0.60, 0.64, 0.33, 0.15, 0.06)


def gama(gamma: float) -> bytes:
    return chunk(b"gAMA", struct.pack(">I", round(100_000 * gamma)))


def chrm(*chromaticities: float) -> bytes:
    return chunk(b"cHRM", struct.pack(">8I", *(round(100_000 * value) for value in chromaticities)))


def iccp(profile: bytes, name: bytes = b"x") -> bytes:
    return chunk(b"iCCP", name + b"\0\0" + zlib.compress(profile))


IS_SRGB, GAMMA_8, GAMMA_22 = chunk(b"sRGB", b"\0"), gama(1 / 8), gama(1 / 2.2)


def cicp(primaries: int, curve: int, matrix: int = 0, full_range: int = 1) -> bytes:
    return chunk(b"cICP", bytes((primaries, curve, matrix, full_range)))


def brown(*chunks: bytes) -> bytes:
    return png(1, 1, depth=8, colour=2, rows=[bytes(BROWN)], extra=b"".join(chunks))


def shown(data: bytes) -> np.ndarray:
    return pixels(data)[0, 0]


@pytest.mark.parametrize(
    ("gamma", "expected"),
    [(1 / 8, IN_GAMMA_8), (1 / 4, (165, 43, 5)), (1 / 1.8, (210, 119, 65)), (1.0, (229, 168, 122))],
)
@pytest.mark.parametrize("primaries", [b"", chrm(*SRGB)], ids=["alone", "with primaries"])
def test_a_gamma_is_followed(gamma, expected, primaries):
    assert is_near(shown(brown(gama(gamma), primaries)), expected, 1)


@pytest.mark.parametrize(
    ("primaries", "expected"),
    [
        (SRGB, (201, 100, 46)),
        (ADOBE, (227, 100, 42)),
        (DISPLAY_P3, (216, 93, 24)),
        (BULB, (228, 107, 87)),
        (SWAPPED, (100, 201, 46)),
    ],
    ids=["sRGB", "Adobe RGB", "Display P3", "white of a bulb", "red and green swapped"],
)
def test_primaries_with_a_gamma_are_followed(primaries, expected):
    assert is_near(shown(brown(GAMMA_22, chrm(*primaries))), expected, 1)


@pytest.mark.parametrize("chunks", [GAMMA_22, gama(0.43182), gama(0.47727), chrm(*ADOBE), IS_SRGB])
def test_pixels_stay_as_they_are_where_nothing_new_is_said(chunks):
    image = noise()
    data = encode(image, "PNG")

    assert (pixels(data[:33] + chunks + data[33:]) == np.asarray(image)).all()


@pytest.mark.parametrize("gamma", [0.43181, 0.47728])
def test_a_gamma_beyond_the_neutral_ones_is_followed(gamma):
    assert not is_near(shown(png(1, 1, depth=8, colour=0, rows=[b"\x10"], extra=gama(gamma))), (16, 16, 16), 4)


@pytest.mark.parametrize(
    ("primaries", "expected"),
    [
        (1, AS_STORED),
        (4, (232, 93, 30)),
        (5, (203, 100, 51)),
        (6, (196, 102, 49)),
        (7, (196, 102, 49)),
        (8, (222, 92, 32)),
        (9, (241, 76, 29)),
        (10, (255, 0, 61)),
        (11, (211, 93, 32)),
        (12, (215, 93, 31)),
        (22, (202, 102, 49)),
    ],
)
def test_coded_primaries_are_followed(primaries, expected):
    assert is_near(shown(brown(cicp(primaries, 13))), expected, 1)


@pytest.mark.parametrize(
    ("curve", "expected"),
    [
        *((curve, (197, 91, 39)) for curve in (1, 6, 11, 14, 15)),
        (4, (201, 100, 46)),
        (5, (189, 76, 26)),
        (7, (206, 115, 68)),
        (8, (229, 168, 122)),
        (17, (200, 87, 34)),
    ],
)
def test_coded_curves_are_followed(curve, expected):
    assert is_near(shown(brown(cicp(1, curve))), expected, 1)


@pytest.mark.parametrize(
    "code",
    [cicp(2, 8), cicp(1, 2), cicp(1, 8, full_range=0), chunk(b"cICP", bytes((1, 8, 0, 1, 0)))],
    ids=["unknown primaries", "unknown curve", "not of full range", "too long"],
)
def test_a_code_that_browsers_do_not_know_is_passed_over(code):
    assert is_near(shown(brown(code)), AS_STORED, 0)
    assert is_near(shown(brown(code, GAMMA_8)), IN_GAMMA_8, 1)


def test_a_code_behind_the_palette_is_passed_over():
    palette = chunk(b"PLTE", b"\0\0\0" + bytes(BROWN))
    before, behind = (
        png(1, 1, depth=8, colour=3, rows=[b"\1"], extra=extra)
        for extra in (cicp(1, 8) + palette, palette + cicp(1, 8))
    )

    assert is_near(shown(before), (229, 168, 122), 1)
    assert is_near(shown(behind), AS_STORED, 0)


@pytest.mark.parametrize(
    ("depth", "colour", "row", "extra", "expected"),
    [
        (8, 0, b"\xc8", b"", (106, 106, 106)),
        (16, 0, struct.pack(">H", 200 * 257), b"", (106, 106, 106)),
        (16, 2, struct.pack(">3H", *(257 * value for value in BROWN)), b"", IN_GAMMA_8),
        (8, 3, b"\1", chunk(b"PLTE", b"\0\0\0" + bytes(BROWN)), IN_GAMMA_8),
        (8, 4, b"\xc8\x80", b"", (180, 180, 180)),
        (8, 6, bytes((*BROWN, 128)), b"", (180, 128, 127)),
    ],
    ids=["grey", "grey of 16 bits", "colour of 16 bits", "palette", "grey with alpha", "colour with alpha"],
)
def test_samples_of_every_kind_follow_the_gamma(depth, colour, row, extra, expected):
    data = png(1, 1, depth=depth, colour=colour, rows=[row], extra=GAMMA_8 + extra)

    assert is_near(shown(data), expected, 1)


@pytest.mark.parametrize(
    ("chunks", "expected"),
    [
        ([GAMMA_8, iccp(GAMMA_8_PROFILE), cicp(1, 13)], AS_STORED),
        ([IS_SRGB, cicp(1, 8)], (229, 168, 122)),
        ([IS_SRGB, GAMMA_8], AS_STORED),
        ([GAMMA_8, chrm(*SWAPPED), IS_SRGB], AS_STORED),
        ([iccp(rgb_profile()), GAMMA_8], AS_STORED),
        ([iccp(cmyk_profile()), GAMMA_8], AS_STORED),
        ([IS_SRGB, iccp(GAMMA_8_PROFILE)], IN_GAMMA_8),
        ([iccp(b"damaged"), GAMMA_8], IN_GAMMA_8),
        ([iccp(icc_profile(b"RGB ", [])), GAMMA_8], IN_GAMMA_8),
        ([chunk(b"iCCP", b"x\0\0no zlib"), GAMMA_8], IN_GAMMA_8),
        ([iccp(b"damaged"), IS_SRGB, GAMMA_8], AS_STORED),
    ],
    ids=[
        "code before all else",
        "code before sRGB",
        "sRGB before gamma",
        "sRGB before primaries",
        "profile before gamma",
        "profile of another space before gamma",
        "profile before sRGB",
        "gamma for a damaged profile",
        "gamma for an empty profile",
        "gamma for a profile that does not unpack",
        "sRGB for a damaged profile",
    ],
)
def test_of_several_codes_the_strongest_is_followed(chunks, expected):
    assert is_near(shown(brown(*chunks)), expected, 1)


@pytest.mark.parametrize(
    ("chunks", "expected"),
    [
        ([GAMMA_8, GAMMA_22], IN_GAMMA_8),
        ([GAMMA_22, GAMMA_8], AS_STORED),
        ([gama(0), GAMMA_8], IN_GAMMA_8),
        ([cicp(1, 8), cicp(1, 13)], (229, 168, 122)),
        ([GAMMA_22, chrm(*SWAPPED), chrm(*SRGB)], (100, 201, 46)),
        ([iccp(GAMMA_8_PROFILE), iccp(rgb_profile())], IN_GAMMA_8),
        ([iccp(rgb_profile()), iccp(GAMMA_8_PROFILE)], AS_STORED),
        ([iccp(b"damaged"), iccp(GAMMA_8_PROFILE)], AS_STORED),
    ],
)
def test_of_several_chunks_of_a_kind_the_first_is_followed(chunks, expected):
    assert is_near(shown(brown(*chunks)), expected, 1)


@pytest.mark.parametrize(
    "late", [GAMMA_8, iccp(rgb_profile((SRGB_PRIMARIES[1], SRGB_PRIMARIES[0], SRGB_PRIMARIES[2])))]
)
def test_what_stands_behind_the_pixels_is_passed_over(late):
    data = brown()

    assert is_near(shown(data[:-12] + late + data[-12:]), AS_STORED, 0)


@pytest.mark.parametrize(
    ("chunks", "expected"),
    [
        ([gama(0)], AS_STORED),
        ([chunk(b"gAMA", struct.pack(">2I", 12_500, 0))], AS_STORED),
        ([chunk(b"sRGB", b"M"), GAMMA_8], IN_GAMMA_8),
        ([chunk(b"sRGB", b"\0\0"), GAMMA_8], IN_GAMMA_8),
        ([chunk(b"cHRM", bytes(36)), GAMMA_8], IN_GAMMA_8),
        ([iccp(GAMMA_8_PROFILE, name=b"")], AS_STORED),
        ([chunk(b"iCCP", b"x\0\0" + zlib.compress(GAMMA_8_PROFILE)[:-3])], AS_STORED),
        *(
            ([GAMMA_8, chrm(*chromaticities)], AS_STORED)
            for chromaticities in (
                (0,) * 8,
                (*D65, 0.2, 0.2, 0.3, 0.3, 0.4, 0.4),
                (*D65, 0.64, 0.33, 0.64, 0.33, 0.15, 0.06),
                (*D65, 1.2, 0.3, 0.3, 0.6, 0.15, 0.06),
                (42_949, *SRGB[1:]),
            )
        ),
    ],
)
def test_damaged_and_absurd_codes_are_passed_over(chunks, expected):
    assert is_near(shown(brown(*chunks)), expected, 1)


@pytest.mark.parametrize(("scaled", "expected"), [(1, (0, 0, 0)), (2**32 - 1, (255, 255, 255))])
def test_the_widest_gammas_are_followed(scaled, expected):
    assert is_near(shown(brown(chunk(b"gAMA", struct.pack(">I", scaled)))), expected, 1)


def test_an_animation_follows_its_gamma():
    frames = [Image.new("RGB", (8, 8), colour) for colour in (BROWN, "white")]
    data = encode(frames[0], "PNG", save_all=True, append_images=frames[1:])

    assert is_near(shown(data[:33] + GAMMA_8 + data[33:]), IN_GAMMA_8, 1)
