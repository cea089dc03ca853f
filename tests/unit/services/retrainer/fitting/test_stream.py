from dataclasses import replace

import numpy as np
import pytest

from services.retrainer.fitting.augment import Augmentation
from services.retrainer.fitting.crop_pillow import crop
from services.retrainer.fitting.stream import Ahead, Balanced, Passes

PLAIN = Augmentation(scale=(1.0, 1.0), blur=0, sharpen=0, noise=0, colour=0, grey=0, codec=(1, 0, 0), mask=0)


def balanced(power=0.5, seed=0, augmentation=PLAIN):
    """A human owner of 90 pictures and one of 10, an AI owner of 25; the picture's colour tells its owner."""
    owners = np.array(["many"] * 90 + ["few"] * 10 + ["machine"] * 25)
    shades = {"many": 10, "few": 120, "machine": 240}
    return Balanced(
        pictures=[np.full((64, 64, 3), shades[owner], np.uint8) for owner in owners],
        labels=(owners == "machine").astype(np.uint8),
        owners=owners,
        side=32,
        batch_size=40,
        seed=seed,
        augmentation=augmentation,
        power=power,
    )


def passes(seed=0, shift=2):
    pixels = np.arange(30, dtype=np.uint8)[:, None, None, None] * np.ones((1, 8, 8, 3), np.uint8)
    return Passes(pixels=pixels, labels=np.arange(30, dtype=np.uint8) % 2, batch_size=10, seed=seed, shift=shift)


@pytest.mark.parametrize("make", [balanced, passes])
def test_a_batch_is_a_function_of_seed_and_step(make):
    assert np.array_equal(make().batch(3)[0], make().batch(3)[0])
    assert not np.array_equal(make().batch(3)[0], make().batch(4)[0])
    assert not np.array_equal(make().batch(3)[0], make(seed=1).batch(3)[0])


def test_what_an_accelerator_is_given_is_the_same_batch():
    """The pictures, what becomes of them and the labels, whoever makes the crops."""
    stream = balanced(augmentation=Augmentation(codec=(1, 0, 0)))
    planned = Ahead(balanced=stream).batch(3)
    pixels, labels = stream.batch(3)
    assert np.array_equal(planned.labels, labels)
    made = [
        crop(window, replace(plan, top=0, left=0)) for window, plan in zip(planned.windows, planned.plans, strict=True)
    ]
    assert np.array_equal(np.stack(made), pixels)
    assert Ahead(balanced=stream).steps_per_pass == stream.steps_per_pass


def test_half_of_a_balanced_batch_is_of_each_class():
    pixels, labels = balanced().batch(0)
    assert pixels.shape == (40, 32, 32, 3)
    assert pixels.dtype == np.uint8
    assert labels.dtype == np.float32
    assert labels.mean() == 0.5


@pytest.mark.parametrize(("power", "share"), [(0.0, 1 / 2), (0.5, 3 / 4), (1.0, 9 / 10)])
def test_owners_are_drawn_by_a_power_of_their_size(power, share):
    stream = balanced(power)
    shown = np.concatenate([stream.batch(step)[0][:20, 0, 0, 0] for step in range(40)])
    assert (shown == 10).mean() == pytest.approx(share, abs=0.06)


def test_a_pass_shows_every_image_once_and_the_next_in_another_order():
    stream = passes()
    orders = [
        [int(image[0, 0, 0]) for step in range(3 * done, 3 * done + 3) for image in stream.batch(step)[0]]
        for done in (0, 1)
    ]
    assert sorted(orders[0]) == sorted(orders[1]) == list(range(30))
    assert orders[0] != orders[1]


def test_labels_stay_with_their_images():
    pixels, labels = passes().batch(1)
    assert np.array_equal(pixels[:, 0, 0, 0] % 2, labels)


def test_images_are_mirrored_and_moved_but_never_empty():
    ramp = np.broadcast_to(np.arange(1, 9, dtype=np.uint8)[None, :, None], (8, 8, 3))
    stream = Passes(pixels=np.stack([ramp] * 200), labels=np.zeros(200, np.uint8), batch_size=200, seed=0)
    shown = stream.batch(0)[0]
    first = shown[:, 0, 0, 0]
    rising = (shown[:, 0, 5, 0] > shown[:, 0, 2, 0]).mean()
    assert 0.35 < rising < 0.65
    assert shown.min() >= 1
    assert len(set(first.tolist())) >= 5


def test_a_mixed_image_is_labelled_by_the_share_of_its_pixels():
    pixels = np.repeat(np.array([0, 1], np.uint8), 50)[:, None, None, None] * np.full((1, 32, 32, 3), 255, np.uint8)
    labels = np.repeat(np.array([0, 1], np.uint8), 50)
    stream = Passes(pixels=pixels, labels=labels, batch_size=100, seed=0, mixed=1.0)
    shown, said = zip(*(stream.batch(step) for step in range(20)), strict=True)
    white = np.concatenate(shown).astype(float).mean((1, 2, 3)) / 255
    assert np.allclose(white, np.concatenate(said), atol=1e-6)
    assert ((white > 0.05) & (white < 0.95)).mean() > 0.3


def test_a_share_of_the_batches_is_mixed():
    pixels = np.arange(200, dtype=np.uint8)[:, None, None, None] * np.ones((1, 8, 8, 3), np.uint8)
    stream = Passes(pixels=pixels, labels=np.arange(200, dtype=np.uint8) % 2, batch_size=50, seed=0, mixed=0.5)
    whole = [bool(np.isin(stream.batch(step)[1], (0, 1)).all()) for step in range(100)]
    assert 0.3 < np.mean(whole) < 0.75
