import numpy as np
import pytest
from PIL import Image, ImageFilter

torch = pytest.importorskip("torch")
pytest.importorskip("onnx")

from services.retrainer.networks.texture import Texture  # noqa: E402


def noise(height=64, width=64, seed=0, spread=30):
    pixels = np.random.default_rng(seed).normal(128, spread, (height, width, 3))
    return np.clip(pixels, 0, 255).astype(np.uint8)


def counted(*pictures):
    return Texture()(torch.from_numpy(np.stack(pictures)))


@pytest.mark.parametrize("sides", [(32, 32), (33, 57), (128, 96)])
def test_any_size_gives_the_same_number_of_finite_statistics(sides):
    statistics = counted(noise(*sides))
    assert statistics.shape == counted(noise()).shape
    assert torch.isfinite(statistics).all()


def test_extreme_pictures_give_finite_statistics():
    flat = np.zeros((64, 64, 3), np.uint8)
    board = (np.indices((64, 64)).sum(0) % 2 * 255)[:, :, None].repeat(3, 2).astype(np.uint8)
    assert torch.isfinite(counted(flat, flat + 255, board)).all()


def test_a_picture_counts_the_same_alone_and_among_others():
    assert torch.allclose(counted(noise(seed=1)), counted(noise(seed=0), noise(seed=1))[1:], atol=1e-5)


def test_a_mirror_image_has_the_same_co_occurrences():
    statistics = counted(noise(), noise()[:, ::-1], noise()[::-1])
    alike = slice(0, 3 * 11 * 9)  # the first block: symmetric pairs of levels
    assert torch.allclose(statistics[0, alike], statistics[1, alike], atol=1e-4)
    assert torch.allclose(statistics[0, alike], statistics[2, alike], atol=1e-4)


def test_two_pieces_of_one_texture_are_nearer_than_two_textures():
    blurred = np.asarray(Image.fromarray(noise(128, 128, seed=3)).filter(ImageFilter.GaussianBlur(1)))
    one, other, smooth = counted(noise(128, 128, seed=1), noise(128, 128, seed=2), blurred)
    assert (one - other).norm() < 0.2 * (one - smooth).norm()


def test_brightness_takes_no_part():
    dark = np.clip(noise(spread=10), 60, 190)
    assert torch.allclose(counted(dark), counted(dark + 40), atol=1e-4)
