import io

import numpy as np
from PIL import Image

from bench.pictures import photographs


def test_made_up_photographs_are_jpegs_of_512_px_as_large_as_photographs():
    files = photographs(2)
    for file in files:
        with Image.open(io.BytesIO(file)) as image:
            assert (image.format, image.size) == ("JPEG", (512, 512))
        assert 40_000 < len(file) < 90_000
    assert files == photographs(2)
    assert files[0] != files[1]


def test_pictures_differ_in_every_corner():
    [file] = photographs(1)
    pixels = np.asarray(Image.open(io.BytesIO(file)), float)
    assert all(part.std() > 3 for part in (pixels[:64, :64], pixels[-64:, :64], pixels[:64, -64:], pixels[-64:, -64:]))
