import io

import numpy as np
import pytest
from PIL import Image

from services.retrainer.evaluation import nuisance


def photo(width=160, height=120, seed=0):
    random = np.random.default_rng(seed)
    small = Image.fromarray(random.integers(0, 255, (height // 5, width // 5, 3), dtype=np.uint8))
    return small.resize((width, height), Image.Resampling.BICUBIC)


def jpeg(image, quality=30):
    file = io.BytesIO()
    image.save(file, "JPEG", quality=quality)
    return Image.open(file).convert("RGB")


def test_shape_knows_sides_and_what_is_left_of_them():
    assert nuisance.shape(Image.new("RGB", (130, 64))).tolist() == pytest.approx([130, 64, 130 / 64, 8320, 2, 0, 2, 0])


def test_a_codecs_grid_shows_at_its_phase():
    phases = nuisance.grid(jpeg(photo()))[:8]
    moved = nuisance.grid(jpeg(photo()).crop((3, 0, 160, 120)))[:8]
    assert np.argmax(np.roll(phases, -3)) == np.argmax(moved)
    assert phases.max() > 1.5 * nuisance.grid(photo())[:8].max()


@pytest.mark.parametrize("image", [Image.new("RGB", (1, 1)), Image.new("RGB", (64, 64), "white"), photo()])
@pytest.mark.parametrize("describe", [nuisance.shape, nuisance.grid, nuisance.colour])
def test_any_picture_has_as_many_finite_numbers(describe, image):
    numbers = describe(image)
    assert numbers.shape == describe(photo()).shape
    assert np.isfinite(numbers).all()


def test_colour_tells_grey_from_vivid_and_does_not_see_noise():
    vivid, grey = photo(), photo().convert("L").convert("RGB")
    noisy = np.asarray(vivid, np.int16) + np.random.default_rng(0).integers(-6, 7, (120, 160, 3))
    noisy = Image.fromarray(np.clip(noisy, 0, 255).astype(np.uint8))
    difference = np.abs(nuisance.colour(vivid) - nuisance.colour(grey)).sum()
    assert np.abs(nuisance.colour(vivid) - nuisance.colour(noisy)).sum() < 0.1 * difference
