from dataclasses import replace

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("onnx")

from services.retrainer.teaching.head_fit import HeadRecipe, fit_head  # noqa: E402
from services.retrainer.teaching.lessons import Lessons, Pool  # noqa: E402
from services.retrainer.versions.stage import Head  # noqa: E402

SIZE = 12
RECIPE = HeadRecipe(epochs=4, batch=64)


def made(count=600, seed=0):
    """Embeddings whose first number tells the classes apart, at a scale of its own, and whose last never varies."""
    chance = np.random.default_rng(seed)
    labels = np.arange(count) % 2
    vectors = chance.normal(0, 1, (count, SIZE)).astype(np.float32)
    vectors[:, 0] = 5 + 3 * (vectors[:, 0] + labels)
    vectors[:, -1] = 2.0
    lessons = Lessons(
        targets=labels.astype(np.float32),
        weights=np.ones(count, np.float32),
        owners=np.array([f"{row % 10}" for row in range(count)], np.str_),
        pools=np.full(count, Pool.REPLAY, np.uint8),
    )
    return vectors, lessons


CHAMPION = Head(weight=np.zeros(SIZE, np.float32), bias=0.25)


class Killed(Exception):
    """As a process that ends between two epochs."""


def fitted(tmp_path, recipe=RECIPE, name="head.pt", heard=lambda *_: None):
    return fit_head(*made(), CHAMPION, recipe, checkpoint=tmp_path / name, heard=heard)


def test_a_head_learns_what_tells_the_classes_apart(tmp_path):
    vectors, lessons = made(seed=1)
    logits = fitted(tmp_path, replace(RECIPE, epochs=30))(vectors)
    assert ((logits > 0) == (lessons.targets == 1)).mean() > 0.65


def test_the_stronger_the_anchor_the_less_it_departs_from_the_champion(tmp_path):
    vectors, _ = made()
    moved = [
        np.abs(fitted(tmp_path, replace(RECIPE, anchor=anchor), f"{anchor}.pt")(vectors) - CHAMPION(vectors)).mean()
        for anchor in (0.0, 1.0, 100.0)
    ]
    assert moved[0] > moved[1] > moved[2]


def test_a_number_that_never_varies_is_left_alone(tmp_path):
    assert fitted(tmp_path).weight[-1] == CHAMPION.weight[-1]


def test_a_run_that_was_killed_goes_on_to_the_same_bits(tmp_path):
    whole = fitted(tmp_path, name="whole.pt")

    def killing(done, *_):
        if done in {1, 3}:
            raise Killed

    for _ in range(2):
        with pytest.raises(Killed):
            fitted(tmp_path, name="cut.pt", heard=killing)
    resumed = fitted(tmp_path, name="cut.pt")
    assert np.array_equal(resumed.weight, whole.weight)
    assert resumed.bias == whole.bias


def test_each_epoch_is_told_with_its_loss(tmp_path):
    told = []
    fitted(tmp_path, heard=lambda *epoch: told.append(epoch))
    assert [done for done, _, _ in told] == [1, 2, 3, 4]
    assert told[-1][1] < told[0][1]


def test_a_checkpoint_of_another_recipe_is_not_taken(tmp_path):
    fitted(tmp_path)
    other = fitted(tmp_path, replace(RECIPE, seed=1))
    assert np.array_equal(other.weight, fitted(tmp_path, replace(RECIPE, seed=1), "fresh.pt").weight)


def test_soft_labels_pull_less_than_hard_ones(tmp_path):
    vectors, lessons = made()
    soft = replace(lessons, targets=np.where(lessons.targets == 1, 0.6, 0.4).astype(np.float32))
    heads = [
        fit_head(vectors, taught, CHAMPION, RECIPE, checkpoint=tmp_path / f"{n}.pt", heard=lambda *_: None)
        for n, taught in enumerate((lessons, soft))
    ]
    assert np.abs(heads[1](vectors)).mean() < np.abs(heads[0](vectors)).mean()
