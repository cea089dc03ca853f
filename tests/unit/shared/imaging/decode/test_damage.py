import random
import warnings

import numpy as np
import pytest
from PIL import Image, ImageFile

from shared.errors import ImageRefused
from shared.imaging.decode import decode
from shared.imaging.formats import Format
from tests.unit.shared.imaging.decode.outcomes import outcome_of, pixels, refusal_of
from tests.unit.shared.imaging.pictures import LIMITS, encode, encode_as, noise, quadrants


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
