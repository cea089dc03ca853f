"""An accelerator's crops beside Pillow's, of the same plans. The code that runs on one runs here on the CPU."""

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from services.retrainer.fitting import crop_pillow  # noqa: E402
from services.retrainer.fitting.augment import Augmentation  # noqa: E402
from services.retrainer.fitting.crop_plan import Planned  # noqa: E402
from services.retrainer.fitting.crop_torch import crops  # noqa: E402
from tests.unit.services.retrainer.fitting.scenes import photograph  # noqa: E402

SIDE, CROPS = 64, 24
NOTHING = {"blur": 0, "sharpen": 0, "noise": 0, "colour": 0, "grey": 0, "codec": (1, 0, 0), "mask": 0}
PICTURES = [photograph(*sides, seed) for seed, sides in enumerate([(256, 300), (70, 90), (40, 200), (256, 256)])]


def plans(count=CROPS, seed=0, **chances):
    """One for each place, of the pictures in turn."""
    augmentation = Augmentation(**chances)
    return [
        augmentation.draw(*PICTURES[place % 4].shape[:2], SIDE, np.random.default_rng([seed, place]))
        for place in range(count)
    ]


def on_a_device(drawn, first=0):
    windows = [plan.cut(PICTURES[(first + place) % 4]) for place, plan in enumerate(drawn)]
    planned = Planned(windows=windows, plans=drawn, labels=np.zeros(len(drawn), np.float32))
    return crops(planned, torch.device("cpu")).numpy()


def by_pillow(drawn):
    return np.stack([crop_pillow.crop(PICTURES[place % 4], plan) for place, plan in enumerate(drawn)])


@pytest.mark.parametrize(
    ("step", "near"),
    [
        ({}, 0.05),
        ({"blur": 1}, 0.8),
        ({"sharpen": 1}, 0.5),
        ({"colour": 1}, 0.1),
        ({"grey": 1}, 0.05),
        ({"noise": 1}, 0.05),
        ({"mask": 1}, 0.05),
        ({"codec": (0, 1, 0), "webp": 0}, 0.5),
        ({"codec": (0, 0, 1), "webp": 0}, 1.5),
        ({"codec": (0, 1, 0), "webp": 1}, 0.3),
    ],
    ids=["resize", "blur", "sharpen", "colour", "grey", "noise", "mask", "JPEG", "JPEG twice", "WebP"],
)
def test_each_step_gives_nearly_what_pillow_gives(step, near):
    """In levels of 255, on average over a crop."""
    drawn = plans(**NOTHING | step)
    found, wanted = on_a_device(drawn), by_pillow(drawn)
    assert found.shape == (CROPS, SIDE, SIDE, 3)
    assert found.dtype == np.uint8
    apart = np.abs(found.astype(int) - wanted).mean((1, 2, 3))
    assert apart.mean() < near
    assert apart.max() < 4 * near


def test_without_steps_the_very_pixels_come_through():
    drawn = plans(**NOTHING, scale=(1, 1))
    native = [place for place, plan in enumerate(drawn) if plan.resample is None]
    assert len(native) > CROPS / 2
    assert np.array_equal(on_a_device(drawn)[native], by_pillow(drawn)[native])


def test_crops_are_spread_as_pillows_are():
    """What a network could go by: brightness, contrast, steps between neighbours, steps at the codec's grid."""
    drawn = plans(200, seed=1)

    def statistics(made):
        made = made.astype(float)
        rises = np.abs(np.diff(made, axis=2))
        return np.stack([made.mean((1, 2, 3)), made.std((1, 2, 3)), rises.mean((1, 2, 3)), np.median(rises, (1, 2, 3))])

    found, wanted = statistics(on_a_device(drawn)), statistics(by_pillow(drawn))
    deviation = wanted.std(1)
    assert (np.abs(found.mean(1) - wanted.mean(1)) < 0.05 * deviation).all()
    assert (np.abs(found.std(1) - deviation) < 0.05 * deviation).all()


def test_a_crop_is_the_same_whichever_stand_beside_it():
    drawn = plans()
    whole = on_a_device(drawn)
    halves = np.concatenate([on_a_device(drawn[:10]), on_a_device(drawn[10:], first=10)])
    assert np.abs(whole.astype(int) - halves).max() <= 1  # sums in another order
    assert np.mean(whole != halves) < 0.001


def test_every_step_is_computed_on_the_device_that_is_asked_for():
    """`meta` computes nothing, and refuses a tensor that lies elsewhere as an accelerator does."""
    drawn = plans(blur=0.5, sharpen=0.5, noise=0.5, colour=0.5, grey=0.5, codec=(0, 0.5, 0.5), webp=0, mask=0.5)
    windows = [plan.cut(PICTURES[place % 4]) for place, plan in enumerate(drawn)]
    planned = Planned(windows=windows, plans=drawn, labels=np.zeros(len(drawn), np.float32))
    found = crops(planned, torch.device("meta"))
    assert found.device.type == "meta"
    assert found.shape == (CROPS, SIDE, SIDE, 3)
    assert found.dtype == torch.uint8
