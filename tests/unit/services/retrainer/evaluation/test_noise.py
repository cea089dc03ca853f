import numpy as np
import pytest
from PIL import Image

from services.retrainer.evaluation.noise import noise_statistics


def picture(side=128, *, noise=8.0, seed=0):
    random = np.random.default_rng(seed)
    ramp = np.linspace(60, 190, side)[:, None, None] + np.zeros((side, side, 3))
    return Image.fromarray(np.clip(ramp + random.normal(0, noise, ramp.shape), 0, 255).astype(np.uint8))


@pytest.mark.parametrize(
    "image",
    [
        picture(),
        Image.new("RGB", (64, 64), "white"),
        Image.new("RGB", (1, 1), "red"),
        Image.new("RGB", (3, 400), "black"),
        picture(300).resize((900, 700)),
    ],
    ids=["noise", "flat", "one pixel", "a line", "large"],
)
def test_any_picture_has_as_many_finite_numbers(image):
    statistics = noise_statistics(image)
    assert statistics.shape == noise_statistics(picture()).shape
    assert statistics.dtype == np.float32
    assert np.isfinite(statistics).all()


def test_blur_and_a_second_draw_of_noise_are_told_apart():
    clean, again = noise_statistics(picture(seed=0)), noise_statistics(picture(seed=1))
    blurred = noise_statistics(picture(seed=0).resize((64, 64)).resize((128, 128), Image.Resampling.BILINEAR))
    assert np.abs(clean - blurred).sum() > 5 * np.abs(clean - again).sum()


def test_a_mirrored_picture_has_the_same_statistics():
    image = picture(96)
    mirrored = image.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    assert noise_statistics(mirrored) == pytest.approx(noise_statistics(image), abs=0.15)


def test_only_the_middle_of_a_large_picture_is_read():
    image = picture(400)
    edged = image.copy()
    edged.paste((255, 0, 0), (0, 0, 60, 400))
    assert (noise_statistics(edged) == noise_statistics(image)).all()
