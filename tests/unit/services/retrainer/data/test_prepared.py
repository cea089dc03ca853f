import io

import numpy as np
import pytest
from PIL import Image

from services.retrainer.data.pictures import LONGEST, pictures
from services.retrainer.data.prepared import prepared
from services.retrainer.data.samples import Dataset, Sample
from shared.domain.model_card import InputSpec
from shared.errors import ConfigurationError


def sample(name="a", width=40, height=30, *, orientation=1, content=None):
    file = io.BytesIO()
    image = Image.new("RGB", (width, height), "red")
    image.paste("blue", (0, 0, width // 2, height))
    exif = image.getexif()
    exif[0x0112] = orientation
    image.save(file, "PNG", exif=exif)
    return Sample(name=name, label=1, owner="me", read=lambda: file.getvalue() if content is None else content)


def test_every_picture_comes_at_the_size_of_the_card():
    data = prepared(Dataset("set", [sample(), sample("b", 64, 64)]), InputSpec(width=32, height=32))
    assert data.pixels.shape == (2, 32, 32, 3)
    assert data.sides.tolist() == [[40, 30], [64, 64]]
    assert data.labels.tolist() == [1, 1]


def test_a_file_that_is_no_picture_is_named():
    with pytest.raises(ConfigurationError, match=r"notes\.txt is no picture"):
        prepared(Dataset("set", [sample("notes.txt", content=b"hello")]), InputSpec(width=8, height=8))


def test_training_pictures_stand_upright_and_are_bounded():
    upright, large = pictures([sample(orientation=6), sample(width=3000, height=1500)])
    assert upright.shape == (40, 30, 3)
    assert np.array_equal(upright[0, 0], [0, 0, 255])  # the left half, turned to the top
    assert large.shape == (LONGEST // 2, LONGEST, 3)
