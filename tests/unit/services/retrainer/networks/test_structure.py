import numpy as np
import pytest

torch = pytest.importorskip("torch")

from services.retrainer.networks.structure import Structure, local_contrast  # noqa: E402


def noise(side=24, seed=0):
    return np.random.default_rng(seed).integers(40, 200, (1, side, side, 3), np.uint8)


def seen(pixels):
    return Structure()(torch.from_numpy(pixels))


@pytest.mark.parametrize("colour", [(0, 0, 0), (200, 30, 90), (255, 255, 255)])
def test_a_flat_picture_of_any_colour_looks_the_same(colour):
    flat = np.broadcast_to(np.array(colour, np.uint8), (1, 9, 11, 3)).copy()
    planes = seen(flat)
    assert planes.shape == (1, Structure.channels, 9, 11)
    assert torch.equal(planes, seen(np.full_like(flat, 128)))


def test_brightness_takes_no_part():
    assert torch.equal(seen(noise()), seen(noise() + 37))


def test_contrast_hardly_changes_local_contrast_and_shows_in_the_deviation():
    noisy = torch.from_numpy(noise()).permute(0, 3, 1, 2)[:, :1].to(torch.float32)
    (weak, little), (strong, much) = local_contrast(noisy / 2), local_contrast(noisy)
    assert torch.allclose(weak, strong, atol=0.1)
    assert (much > 1.9 * little).all()


def test_a_pixel_that_stands_out_is_seen_where_it_is():
    flat = np.full((1, 33, 33, 3), 100, np.uint8)
    flat[0, 16, 16] = 160
    plane = seen(flat)[0, 0]
    assert plane.argmax() == 16 * 33 + 16
    assert plane[:8].abs().max() == 0


def test_the_planes_stay_between_bounds():
    extreme = np.random.default_rng(0).choice(np.array([0, 255], np.uint8), (1, 32, 32, 3))
    assert seen(extreme).abs().max() <= 4
