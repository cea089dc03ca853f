"""Pictures that go through the decoder: the pixels, hashes, tiles and refusals of decoding in process."""

import dataclasses

import numpy as np
import pytest
from PIL import Image

from shared.decoding import decoder as module
from shared.decoding.decoder import Decoder
from shared.domain.job import Lane
from shared.domain.model_card import InputSpec, View
from shared.errors import ImageRefused
from shared.imaging.decode import decode
from shared.imaging.formats import Format
from shared.imaging.limits import Limits
from shared.imaging.pdq import pdq
from shared.imaging.prepare import prepare
from tests.unit.shared.decoding.conftest import MEMORY, SPEC, pid_of
from tests.unit.shared.imaging.pictures import LIMITS, encode, encode_as, noise, png, quadrants


@pytest.mark.parametrize("image_format", Format)
@pytest.mark.parametrize("resample", ["nearest", "bicubic"])
def test_pixels_are_those_of_decoding_in_process(decoder, image_format, resample):
    data = encode_as(image_format, noise(100, 80))
    spec = dataclasses.replace(SPEC, resample=resample)
    prepared = decoder.decode(data, spec)

    assert np.array_equal(prepared.pixels, prepare(decode(data, LIMITS).image, spec))
    assert prepared.pixels.dtype == np.uint8
    assert (prepared.width, prepared.height, prepared.format) == (100, 80, image_format)


@pytest.mark.parametrize("image_format", Format)
def test_the_perceptual_hash_is_that_of_hashing_in_process(decoder, image_format):
    data = encode_as(image_format, noise(300, 80))

    assert decoder.decode(data, SPEC).fingerprint == pdq(decode(data, LIMITS).image)


@pytest.mark.parametrize(("lane", "tiles"), [(Lane.BULK, 2), (Lane.INTERACTIVE, 10)])
@pytest.mark.parametrize("size", [(300, 200), (20, 10)])
def test_the_tiles_of_a_lane_are_those_cut_in_process(decoder, lane, tiles, size):
    views = {
        Lane.BULK: [View(short_side=100, crops=2)],
        Lane.INTERACTIVE: [View(short_side=None, crops=9), View(short_side=100, crops=1)],
    }
    spec = dataclasses.replace(SPEC, views=views)
    data = encode(noise(*size), "PNG")
    prepared = decoder.decode(data, spec, lane)

    assert np.array_equal(prepared.pixels, prepare(decode(data, LIMITS).image, spec, lane))
    assert len(prepared.pixels) == (tiles if size == (300, 200) else 1)
    assert (prepared.width, prepared.height) == size


def test_a_decoder_that_answers_with_other_tiles_than_planned_is_not_believed(decoder, monkeypatch):
    monkeypatch.setattr(module, "plan", lambda *_: range(2))
    with pytest.raises(ValueError, match="reshape"):
        decoder.decode(encode(noise(), "PNG"), SPEC)


def test_sides_are_those_of_the_upright_picture(decoder):
    exif = Image.Exif()
    exif[0x0112] = 8
    prepared = decoder.decode(encode(quadrants(), "JPEG", exif=exif), SPEC)

    assert (prepared.width, prepared.height) == (64, 96)


def test_25_megabytes_go_through(decoder):
    data = encode(quadrants(), "JPEG")
    prepared = decoder.decode(data.ljust(25_000_000, b"\0"), SPEC)

    assert np.array_equal(prepared.pixels, decoder.decode(data, SPEC).pixels)


def test_a_large_input_comes_back(decoder):
    spec = InputSpec(width=2048, height=2048)

    assert decoder.decode(encode(quadrants(), "PNG"), spec).pixels.shape == (1, 2048, 2048, 3)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"plain text", "unsupported_format"),
        (b"", "unsupported_format"),
        (encode(noise(), "JPEG")[:900], "undecodable"),
        (png(60_000, 60_000, depth=8, colour=2, rows=[b""]), "too_many_pixels"),
    ],
)
def test_a_refusal_is_the_same_as_in_process_and_costs_no_process(decoder, data, reason):
    pid = pid_of(decoder)
    with pytest.raises(ImageRefused) as refusal:
        decoder.decode(data, SPEC)
    with pytest.raises(ImageRefused) as in_process:
        decode(data, LIMITS)

    assert refusal.value.reason == reason
    assert str(refusal.value) == str(in_process.value)
    assert pid_of(decoder) == pid


def test_the_limits_are_those_given():
    with (
        Decoder(Limits(max_pixels=100, max_side=100), seconds=30, memory_bytes=MEMORY) as decoder,
        pytest.raises(ImageRefused, match="too_many_pixels"),
    ):
        decoder.decode(encode(noise(), "PNG"), SPEC)
