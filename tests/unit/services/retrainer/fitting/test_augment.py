import numpy as np
import pytest

from services.retrainer.fitting.augment import Augmentation
from tests.unit.services.retrainer.fitting.scenes import photograph

NOTHING = {"blur": 0, "sharpen": 0, "noise": 0, "colour": 0, "grey": 0, "codec": (1, 0, 0), "mask": 0}


def crop(seed=0, picture=None, side=64, **chances):
    picture = photograph() if picture is None else picture
    return Augmentation(**chances).crop(picture, side, np.random.default_rng(seed))


def test_a_crop_is_a_function_of_the_seed():
    assert np.array_equal(crop(3), crop(3))
    assert not np.array_equal(crop(3), crop(4))


@pytest.mark.parametrize("sides", [(256, 300), (70, 70), (40, 200), (10, 12), (1, 1)])
def test_a_picture_of_any_size_gives_a_crop_of_the_side(sides):
    for seed in range(8):
        cut = crop(seed, photograph(*sides))
        assert cut.shape == (64, 64, 3)
        assert cut.dtype == np.uint8


@pytest.mark.parametrize(
    "step", [{"blur": 1}, {"sharpen": 1}, {"noise": 1}, {"colour": 1}, {"codec": (0, 1, 0)}, {"mask": 1}, {"grey": 1}]
)
def test_each_step_changes_the_crop(step):
    plain = crop(5, scale=(1, 1), **NOTHING)
    assert not np.array_equal(plain, crop(5, scale=(1, 1), **NOTHING | step))


def test_without_steps_the_native_pixels_come_through():
    """The crop is a window of the picture, turned or mirrored at most."""
    picture = photograph(80, 80)
    cut = crop(1, picture, scale=(1, 1), **NOTHING)
    turned = [np.rot90(side, times) for side in (cut, cut[:, ::-1]) for times in range(4)]
    windows = [picture[top : top + 64, left : left + 64] for top in range(17) for left in range(17)]
    assert any(np.array_equal(window, view) for window in windows for view in turned)


def test_scale_is_spread_over_its_whole_range():
    """A picture of vertical stripes: the smaller the scale, the more of them in a crop."""
    stripes = np.zeros((512, 512, 3), np.uint8)
    stripes[:, (np.arange(512) // 8) % 2 == 1] = 255
    edges = []
    for seed in range(40):
        cut = crop(seed, stripes, scale=(0.35, 1.0), **NOTHING)[:, :, 0] > 127
        edges.append(max((cut[32, 1:] != cut[32, :-1]).sum(), (cut[1:, 32] != cut[:-1, 32]).sum()))
    assert min(edges) <= 9  # 64 px hold 8 stripes at scale 1
    assert max(edges) >= 18  # and 23 at 0.35


def test_labels_play_no_part():
    """One pipeline for both classes: what is drawn depends on the chance alone."""
    same = np.random.default_rng(9), np.random.default_rng(9)
    flat = np.full((256, 256, 3), 90, np.uint8)
    Augmentation().crop(flat, 64, same[0])
    Augmentation().crop(flat, 64, same[1])
    assert same[0].random() == same[1].random()
