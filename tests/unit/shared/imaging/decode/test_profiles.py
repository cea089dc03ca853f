"""ICC profiles; the colours expected are those that Chromium 150 draws of the same file."""

import io
import struct
import zlib
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from PIL import Image, ImageCms

from shared.imaging import shown
from shared.imaging.formats import Format
from tests.unit.shared.imaging.decode.outcomes import WHITE, corners, is_near, pixels
from tests.unit.shared.imaging.pictures import (
    DISPLAY_P3_PRIMARIES,
    RED,
    SRGB_PRIMARIES,
    chunk,
    cmyk_profile,
    encode,
    encode_as,
    gamma_curve,
    grey_profile,
    icc_profile,
    lab_table,
    noise,
    png,
    quadrants,
    rgb_profile,
    rgb_tags,
)

SRGB = ImageCms.createProfile("sRGB")
BROWN, GREEN_BROWN = (200, 100, 50), (100, 200, 50)
SWAPPED_PRIMARIES = (SRGB_PRIMARIES[1], SRGB_PRIMARIES[0], SRGB_PRIMARIES[2])
SWAPPED = rgb_profile(SWAPPED_PRIMARIES)
GAMMA_8 = rgb_profile(curve=gamma_curve(8))
GREY_GAMMA_8 = grey_profile(gamma_curve(8))

with_profile = pytest.mark.parametrize("image_format", [Format.JPEG, Format.PNG, Format.WEBP, Format.AVIF, Format.HEIC])


def plain(mode: str, colour) -> Image.Image:
    return Image.new(mode, (64, 64), colour)


def in_png(depth: int, colour: int, row: bytes, profile: bytes) -> bytes:
    return png(1, 1, depth=depth, colour=colour, rows=[row], extra=chunk(b"iCCP", b"x\0\0" + zlib.compress(profile)))


def grey_table(level: int) -> bytes:
    """Every colour is the grey of this L* of CIE Lab."""
    return lab_table(3, bytes((round(2.55 * level), 128, 128)) * 8)


@with_profile
@pytest.mark.parametrize(
    ("profile", "expected"),
    [
        (SWAPPED, GREEN_BROWN),
        (GAMMA_8, (106, 2, 0)),
        (rgb_profile(DISPLAY_P3_PRIMARIES), (215, 93, 31)),
        (rgb_profile(), BROWN),
    ],
    ids=["red and green swapped", "gamma 8", "Display P3", "sRGB"],
)
def test_the_profile_of_colours_is_followed(image_format, profile, expected):
    assert is_near(pixels(encode_as(image_format, plain("RGB", BROWN), icc_profile=profile))[32, 32], expected, 4)


@pytest.mark.parametrize("gamma", [1.0, 4.0, 8.0])
def test_a_picture_written_for_another_curve_is_the_same_picture(gamma):
    ramp = Image.linear_gradient("L").convert("RGB")
    linear = np.asarray(ImageCms.profileToProfile(ramp, SRGB, io.BytesIO(rgb_profile(curve=gamma_curve(gamma)))))
    found = pixels(encode(Image.fromarray(linear), "PNG", icc_profile=rgb_profile(curve=gamma_curve(gamma))))

    light = np.asarray(ramp) > 64  # 8 bits for linear light leave steps in the dark
    assert np.abs(found.astype(int) - np.asarray(ramp))[light].max() <= 2


@pytest.mark.parametrize("profile", [rgb_profile(), ImageCms.ImageCmsProfile(SRGB).tobytes()])
def test_the_pixels_of_an_srgb_picture_stay_as_they_are(profile):
    image = noise()

    assert (pixels(encode(image, "PNG", icc_profile=profile)) == np.asarray(image)).all()


@pytest.mark.parametrize("image_format", [Format.JPEG, Format.PNG])
@pytest.mark.parametrize("profile", [GREY_GAMMA_8, GAMMA_8], ids=["of grey", "of colours"])
def test_the_profile_of_a_grey_picture_is_followed(image_format, profile):
    assert is_near(pixels(encode_as(image_format, plain("L", 200), icc_profile=profile))[32, 32], (106, 106, 106), 1)


def test_16_bit_samples_go_through_the_profile():
    grey = in_png(16, 0, struct.pack(">H", 200 * 257), GREY_GAMMA_8)
    colour = in_png(16, 2, struct.pack(">3H", *(257 * value for value in BROWN)), SWAPPED)

    assert is_near(pixels(grey)[0, 0], (106, 106, 106), 1)
    assert is_near(pixels(colour)[0, 0], GREEN_BROWN, 1)


def test_a_palette_goes_through_the_profile():
    image = plain("P", 1)
    image.putpalette([0, 0, 0, *BROWN])

    assert is_near(pixels(encode(image, "PNG", icc_profile=SWAPPED))[0, 0], GREEN_BROWN, 1)


def test_a_transparent_picture_goes_through_the_profile_and_then_on_white():
    colour = encode(plain("RGBA", (*BROWN, 128)), "PNG", icc_profile=GAMMA_8)
    grey = encode(plain("LA", (200, 128)), "PNG", icc_profile=GREY_GAMMA_8)

    assert is_near(pixels(colour)[0, 0], (180, 128, 127), 1)
    assert is_near(pixels(grey)[0, 0], (180, 180, 180), 1)


def test_the_profile_of_a_cmyk_jpeg_is_followed():
    cyan = Image.new("CMYK", (16, 16), (255, 0, 0, 0))
    cyan.paste((0, 0, 0, 0), (8, 0, 16, 16))
    found = pixels(encode(cyan, "JPEG", quality=100, icc_profile=cmyk_profile()))

    assert is_near(pixels(encode(cyan, "JPEG", quality=100))[8, 3], (0, 255, 255))
    assert is_near(found[8, 13], WHITE)
    assert is_near(found[8, 3], (239, 0, 42), 2)


@pytest.mark.parametrize(
    ("mode", "profile"),
    [("RGB", GREY_GAMMA_8), ("RGB", cmyk_profile()), ("L", cmyk_profile()), ("CMYK", GAMMA_8), ("CMYK", GREY_GAMMA_8)],
)
def test_a_profile_of_another_space_is_passed_over(mode, profile):
    image = quadrants().convert(mode)
    data = encode(image, "JPEG", quality=95)

    assert (pixels(encode(image, "JPEG", quality=95, icc_profile=profile)) == pixels(data)).all()


@pytest.mark.parametrize("mode", ["RGB", "CMYK"])
@pytest.mark.parametrize(
    "profile",
    [
        b"damaged",
        b"\0" * 200,
        SWAPPED[:150],
        SWAPPED[:128] + b"\xff" * 400,
        icc_profile(b"RGB ", []),
        icc_profile(b"R\xedB ", rgb_tags()),
    ],
    ids=["no profile", "zeros", "cut off", "tags without end", "no tags", "no space"],
)
def test_a_damaged_profile_is_passed_over(mode, profile):
    data = encode(quadrants().convert(mode), "JPEG", quality=95, icc_profile=profile)

    assert is_near(corners(pixels(data))["top left"], RED)


@pytest.mark.parametrize(
    ("tags", "level"),
    [
        ([(b"A2B0", grey_table(30)), (b"A2B1", grey_table(70))], 70),
        ([(b"A2B1", grey_table(70))], 171),
        ([(b"A2B0", grey_table(30)), *rgb_tags()], 70),
    ],
    ids=["two tables", "the second alone", "a table and a matrix"],
)
def test_of_several_ways_the_profile_is_followed_as_browsers_do(tags, level):
    data = encode(plain("RGB", BROWN), "PNG", icc_profile=icc_profile(b"RGB ", tags, pcs=b"Lab "))

    assert is_near(pixels(data)[0, 0], (level, level, level), 1)


FLOAT_TABLE = b"mpet\0\0\0\0" + struct.pack(
    ">2H3I8x2H12f", 3, 3, 1, 24, 0, 3, 3, *(0, 0, 0.5, 0, 0.5, 0, 0.5, 0, 0), *(0, 0, 0)
)


@pytest.mark.parametrize(
    "profile",
    [
        icc_profile(b"RGB ", [*rgb_tags(SWAPPED_PRIMARIES), (b"D2B0", FLOAT_TABLE)]),
        icc_profile(b"RGB ", [*rgb_tags(SWAPPED_PRIMARIES), *rgb_tags()]),
        icc_profile(b"RGB ", [*((b"x%03d" % i, b"junk") for i in range(200)), *rgb_tags(SWAPPED_PRIMARIES)]),
        icc_profile(b"RGB ", rgb_tags(SWAPPED_PRIMARIES), kind=b"link"),
    ],
    ids=["a float table", "tags told twice", "more tags than Little CMS reads", "of a class that is no colour space"],
)
def test_what_browsers_do_not_look_at_in_a_profile_changes_nothing(profile):
    assert is_near(pixels(encode(plain("RGB", BROWN), "PNG", icc_profile=profile))[0, 0], GREEN_BROWN, 1)


def test_transforms_are_kept_for_the_profiles_seen_last():
    profiles = [rgb_profile(curve=gamma_curve(3 + i / 16)) for i in range(shown.KEPT_TRANSFORMS + 4)]
    for profile in profiles:
        pixels(encode(plain("RGB", BROWN), "PNG", icc_profile=profile))

    assert len(shown._transforms) == shown.KEPT_TRANSFORMS
    assert shown._transform(profiles[-1]) is shown._transform(profiles[-1])


def test_threads_share_the_transforms():
    data = [
        encode(plain("RGB", BROWN), "PNG", icc_profile=rgb_profile(curve=gamma_curve(3 + i / 16))) for i in range(40)
    ]
    images = [Image.open(io.BytesIO(each)) for each in data]
    for image in images:
        image.load()
    with ThreadPoolExecutor(4) as pool:
        found = [image.tobytes() for image in pool.map(shown.as_shown, images, data)]

    assert found == [pixels(each).tobytes() for each in data]
