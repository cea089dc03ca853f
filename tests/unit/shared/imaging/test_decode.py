import io
import random
import struct
import warnings
import zipfile
import zlib

import numpy as np
import pytest
from PIL import Image, ImageFile

from shared.errors import ImageRefused
from shared.imaging.decode import decode
from shared.imaging.formats import Format
from shared.imaging.limits import Limits
from tests.unit.shared.imaging.pictures import (
    BLUE,
    GREEN,
    LIMITS,
    RED,
    YELLOW,
    chunk,
    cmyk_profile,
    encode,
    encode_as,
    noise,
    png,
    quadrants,
)

WHITE = (255, 255, 255)


def pixels(data: bytes) -> np.ndarray:
    decoded = decode(data, LIMITS)
    assert decoded.image.mode == "RGB"
    return np.asarray(decoded.image)


def corners(array: np.ndarray) -> dict[str, np.ndarray]:
    return {
        "top left": array[4, 4],
        "top right": array[4, -5],
        "bottom left": array[-5, 4],
        "bottom right": array[-5, -5],
    }


def is_near(pixel: np.ndarray, colour: tuple[int, int, int], tolerance: int = 12) -> bool:
    return bool(np.abs(pixel.astype(int) - colour).max() <= tolerance)


def refusal_of(data: bytes, limits: Limits = LIMITS) -> ImageRefused:
    with pytest.raises(ImageRefused) as refusal:
        decode(data, limits)
    return refusal.value


def outcome_of(data: bytes) -> np.ndarray | ImageRefused:
    try:
        return pixels(data)
    except ImageRefused as refusal:
        return refusal


# Formats


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


# Orientation

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


# Colour


def test_cmyk_jpeg_becomes_rgb():
    data = encode(quadrants().convert("CMYK"), "JPEG", quality=95)

    assert Image.open(io.BytesIO(data)).mode == "CMYK"
    assert is_near(corners(pixels(data))["top left"], RED)


def test_the_profile_of_a_cmyk_jpeg_is_followed():
    cyan = Image.new("CMYK", (16, 16), (255, 0, 0, 0))
    cyan.paste((0, 0, 0, 0), (8, 0, 16, 16))
    with_profile = pixels(encode(cyan, "JPEG", quality=100, icc_profile=cmyk_profile()))

    assert is_near(pixels(encode(cyan, "JPEG", quality=100))[8, 3], (0, 255, 255))
    assert is_near(with_profile[8, 13], WHITE)
    red, green, blue = (int(value) for value in with_profile[8, 3])
    assert red > 180
    assert green < 90
    assert blue < 90


@pytest.mark.parametrize("profile", [b"damaged", b"\0" * 200])
def test_a_cmyk_profile_that_does_not_fit_is_passed_over(profile):
    data = encode(quadrants().convert("CMYK"), "JPEG", quality=95, icc_profile=profile)

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


# Sizes


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


# Damage


@pytest.mark.parametrize("image_format", Format)
def test_a_file_cut_off_anywhere_is_refused(image_format):
    data = encode_as(image_format, noise())
    whole = pixels(data)
    for length in range(16, len(data), len(data) // 40):
        outcome = outcome_of(data[:length])
        if isinstance(outcome, ImageRefused):
            assert outcome.reason == "undecodable"
            assert image_format.upper() in outcome.detail
        else:
            assert np.array_equal(outcome, whole), f"cut at {length} of {len(data)}"
            assert length > 0.95 * len(data), "only a trailer may be missing"


def test_a_truncated_jpeg_is_said_to_end_too_early():
    data = encode(noise(), "JPEG")

    assert refusal_of(data[: len(data) // 2]).detail == "Its JPEG data ends too early."


def test_a_picture_with_wrong_checksums_is_said_to_contain_errors():
    data = bytearray(encode(noise(), "PNG"))
    data[data.index(b"IDAT") + 500] ^= 0xFF

    assert refusal_of(bytes(data)).detail == "Its PNG data contains errors."


@pytest.mark.parametrize("image_format", Format)
def test_damaged_bytes_give_a_picture_or_a_refusal_and_nothing_else(image_format):
    draw = random.Random(image_format)
    exif = Image.Exif()
    exif[0x0112] = 6
    options = {} if image_format is Format.GIF else {"exif": exif.tobytes()}
    sound = encode_as(image_format, noise(), **options)
    for _ in range(200):
        data = bytearray(sound)
        for _ in range(draw.randrange(1, 8)):
            data[draw.randrange(len(data) if draw.random() < 0.5 else 200)] = draw.randrange(256)
        outcome = outcome_of(bytes(data))
        if isinstance(outcome, ImageRefused):
            assert outcome.reason in {"undecodable", "unsupported_format", "too_many_pixels"}


def test_memory_that_runs_out_is_not_called_damage(monkeypatch):
    def exhausted(*_):
        raise MemoryError

    monkeypatch.setattr(ImageFile.ImageFile, "load", exhausted)
    with pytest.raises(MemoryError):
        decode(encode(quadrants(), "PNG"), LIMITS)


def test_pillow_keeps_refusing_truncated_files():
    assert ImageFile.LOAD_TRUNCATED_IMAGES is False


def test_the_callers_warning_filters_are_left_alone():
    before = list(warnings.filters)
    decode(encode(quadrants(), "PNG"), LIMITS)

    assert warnings.filters == before
