import io

import numpy as np
from PIL import Image

from services.retrainer.data.matched import SHAPES, view


def photograph(width=640, height=480):
    noise = np.random.default_rng(0).integers(0, 256, (height // 16, width // 16, 3), np.uint8)
    return Image.fromarray(noise).resize((width, height), Image.Resampling.BICUBIC)


def opened(image, name, draw=0):
    return Image.open(io.BytesIO(view(image, name, draw)))


def test_a_view_depends_on_name_and_draw_alone():
    image = photograph()
    assert view(image, "a") == view(image, "a")
    assert len({view(image, "a"), view(image, "b"), view(image, "a", 1)}) == 3


def test_equal_names_are_cut_alike_whatever_the_picture_shows():
    black = Image.new("RGB", (640, 480))
    for index in range(20):
        one, other = opened(photograph(), str(index)), opened(black, str(index))
        assert (one.size, one.format) == (other.size, other.format)


def test_views_have_four_shapes_two_codecs_and_are_never_enlarged():
    views = [opened(photograph(1024, 900), str(index)) for index in range(80)]
    nearest = {min(SHAPES, key=lambda shape: abs(image.width / image.height - shape)) for image in views}
    assert nearest == set(SHAPES)
    assert {image.format for image in views} == {"JPEG", "WEBP"}
    assert all(min(image.size) <= 425 for image in views)


def test_a_picture_too_small_for_the_shapes_still_gives_a_view():
    for sides in ((256, 256), (40, 300), (12, 12), (1, 1)):
        image = opened(photograph(64, 64).resize(sides), "small")
        assert image.width <= max(12, sides[0])
        assert image.height <= max(12, sides[1])
