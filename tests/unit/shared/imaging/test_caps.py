"""What is too large is refused before it is decoded; what is not wanted of a file costs nothing."""

import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image, PngImagePlugin

from shared.errors import ImageRefused
from shared.imaging.decode import decode
from shared.imaging.formats import Format
from shared.imaging.limits import Limits
from tests.corpus.bombs import GIF_FRAME, GIF_HEAD, with_sides
from tests.corpus.grids import TILE, grid
from tests.unit.shared.imaging.pictures import LIMITS, chunk, encode, encode_as, noise, png, quadrants


@pytest.fixture
def no_pixels(monkeypatch):
    """Whoever decodes fails."""
    for plugin in {type(open_file(encode_as(form, quadrants()))) for form in Format}:
        monkeypatch.setattr(plugin, "load", lambda *_: pytest.fail("pixels were decoded"))


def open_file(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data))


@pytest.mark.parametrize("image_format", Format)
@pytest.mark.parametrize("sides", [(8_944, 8_945), (30_001, 1), (1, 30_001), (60_000, 60_000)])
def test_pixels_and_sides_are_capped_before_decoding(no_pixels, image_format, sides):
    with pytest.raises(ImageRefused) as refusal:
        decode(with_sides(image_format, *sides), LIMITS)

    assert refusal.value.reason == "too_many_pixels"
    assert "80,000,000 pixels" in refusal.value.detail


def test_a_crop_does_not_hide_how_large_the_coded_picture_is(no_pixels):
    data = encode(noise(1_001, 999), "HEIF", quality=1)
    crop = data.index(b"clap") + 4
    cropped = data[:crop] + struct.pack(">IIII", 48, 1, 32, 1) + data[crop + 16 :]
    assert open_file(cropped).size == (48, 32)
    with pytest.raises(ImageRefused, match="too_many_pixels"):
        decode(cropped, Limits(max_pixels=999_000, max_side=2_000))


def test_the_guard_against_decoding_is_real(no_pixels):
    for form in Format:
        with pytest.raises(pytest.fail.Exception):
            decode(encode_as(form, quadrants()), LIMITS)


BURST = zlib.compress(bytes(PngImagePlugin.MAX_TEXT_CHUNK + 1))


@pytest.mark.parametrize(
    "texts",
    [
        chunk(b"zTXt", b"name\0\0" + BURST),
        chunk(b"iTXt", b"name\0\1\0\0\0" + BURST),
        chunk(b"iCCP", b"name\0\0" + BURST),
        chunk(b"zTXt", b"name\0\0" + zlib.compress(bytes(PngImagePlugin.MAX_TEXT_CHUNK))) * 65,
    ],
    ids=["zTXt", "iTXt", "iCCP", "many"],
)
def test_text_is_capped_before_decoding(no_pixels, texts):
    with pytest.raises(ImageRefused, match="undecodable"):
        decode(png(1, 1, depth=8, colour=0, rows=[b"\0"], extra=texts), LIMITS)


def test_pillows_caps_on_text_are_those_that_the_documents_name():
    assert (PngImagePlugin.MAX_TEXT_CHUNK, PngImagePlugin.MAX_TEXT_MEMORY) == (1 << 20, 64 << 20)


@pytest.mark.parametrize(("name", "image_format"), [("GIF", Format.GIF), ("PNG", Format.PNG), ("MPO", Format.JPEG)])
def test_of_many_frames_only_the_first_is_ever_decoded(name, image_format):
    frames = [noise(96, 64, seed) for seed in range(2, 5)]
    data = encode(quadrants(), name, save_all=True, append_images=frames)
    second = {Format.GIF: b",\0\0\0\0", Format.PNG: b"fdAT", Format.JPEG: b"\xff\xd8\xff"}[image_format]
    at = data.index(second, 100 if image_format is Format.JPEG else data.index(second) + 1) + 20
    damaged = data[:at] + b"\xff" * (len(data) - at)

    assert np.array_equal(np.asarray(decode(damaged, LIMITS).image), np.asarray(decode(data, LIMITS).image))


def test_a_hundred_thousand_frames_are_one_picture():
    assert decode(GIF_HEAD + GIF_FRAME * 100_000 + b";", LIMITS).width == 1


def test_a_frame_larger_than_its_screen_is_capped_too():
    frame = b"," + struct.pack("<HHHH", 0, 0, 65_535, 65_535) + GIF_FRAME[9:]
    with pytest.raises(ImageRefused) as refusal:
        decode(GIF_HEAD + frame + b";", LIMITS)

    assert refusal.value.reason == "too_many_pixels"


@pytest.mark.parametrize("side", [1, 16])
def test_a_picture_of_tiles_is_read(side):
    assert decode(grid(side, side), LIMITS).width == side * TILE


@pytest.mark.parametrize("side", [32, 139])
def test_one_tile_shown_many_times_is_refused_by_libheifs_own_limits(side):
    with pytest.raises(ImageRefused, match="undecodable"):
        decode(grid(side, side), LIMITS)
