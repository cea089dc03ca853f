import numpy as np
import pytest
from PIL import Image, ImageFilter

torch = pytest.importorskip("torch")
pytest.importorskip("onnx")

from services.retrainer.networks.texture import COUNTED, EDGES, LEVELS, Texture  # noqa: E402


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


def test_a_mirror_image_has_the_same_co_occurrences_but_for_its_edges():
    picture = noise(256, 256)
    statistics = counted(picture, picture[:, ::-1], picture[::-1], noise(256, 256, seed=1, spread=33))
    alike = statistics[:, : 3 * len(COUNTED) * 9]  # the first block: symmetric pairs of levels
    across, down, other = ((alike[0] - each).norm() for each in alike[1:])
    assert max(across, down) < 0.1 * other


def test_two_pieces_of_one_texture_are_nearer_than_two_textures():
    blurred = np.asarray(Image.fromarray(noise(128, 128, seed=3)).filter(ImageFilter.GaussianBlur(1)))
    one, other, smooth = counted(noise(128, 128, seed=1), noise(128, 128, seed=2), blurred)
    assert (one - other).norm() < 0.2 * (one - smooth).norm()


def test_co_occurrences_and_histograms_are_roots_of_shares():
    shares = counted(noise(), np.zeros((64, 64, 3), np.uint8)) ** 2
    pairs = 3 * len(COUNTED) * 9
    sums = shares[:, :pairs].reshape(2, 3, len(COUNTED), 9).sum(3)
    assert torch.allclose(sums, torch.ones_like(sums), atol=1e-3)
    for edges in EDGES:
        own = slice(pairs, pairs + len(edges) + 1)
        assert torch.allclose(shares[:, own].sum(1), torch.ones(2), atol=1e-3)
        pairs = own.stop


def test_a_flat_picture_counts_as_no_difference():
    same = counted(np.full((64, 64, 3), 90, np.uint8))[0, :9] ** 2
    assert same.argmax() == list(_classes()).index((2, 2))
    assert same.max() > 0.99


def _classes():
    """Pairs of levels by class, each named by its least pair."""
    count = len(LEVELS)
    seen = {}
    for a, b in np.ndindex(count, count):
        pairs = [(a, b), (b, a)]
        pairs += [(count - 1 - x, count - 1 - y) for x, y in pairs]
        seen.setdefault(min(pairs), None)
    return sorted(seen)


def test_brightness_takes_no_part():
    dark = np.clip(noise(spread=10), 60, 190)
    assert torch.allclose(counted(dark), counted(dark + 40), atol=1e-4)
