import numpy as np
import pytest

from services.retrainer.teaching.lessons import FRESH_SHARE, PSEUDO_SHARE, Lessons, Pool, sampler


def lessons(*groups):
    """Each group is (pool, target, owner, count)."""
    rows = [group for group in groups for _ in range(group[3])]
    return Lessons(
        targets=np.array([target for _, target, _, _ in rows], np.float32),
        weights=np.ones(len(rows), np.float32),
        owners=np.array([owner for _, _, owner, _ in rows], np.str_),
        pools=np.array([pool for pool, _, _, _ in rows], np.uint8),
    )


MANY = lessons(
    (Pool.REPLAY, 0.0, "a", 300), (Pool.REPLAY, 1.0, "b", 300),
    (Pool.FRESH, 0.0, "c", 200), (Pool.FRESH, 1.0, "d", 200),
    (Pool.PSEUDO, 0.1, "e", 900), (Pool.PSEUDO, 0.9, "f", 900),
)  # fmt: skip


def test_a_batch_is_mostly_gold_and_at_most_a_fifth_pseudo_labels():
    rows = np.concatenate([sampler(MANY, 100, seed=0)(step) for step in range(20)])
    shares = np.bincount(MANY.pools[rows], minlength=3) / len(rows)
    assert shares[Pool.PSEUDO] == PSEUDO_SHARE
    assert shares[Pool.FRESH] == FRESH_SHARE
    assert shares[Pool.REPLAY] == 0.5


def test_half_of_a_batch_is_of_each_class():
    rows = sampler(MANY, 100, seed=0)(3)
    assert (MANY.targets[rows] >= 0.5).sum() == 50


def test_few_pseudo_labels_are_drawn_no_more_often_than_gold():
    few = lessons((Pool.REPLAY, 0.0, "a", 500), (Pool.REPLAY, 1.0, "b", 500), (Pool.PSEUDO, 1.0, "e", 10))
    assert few.shares()[Pool.PSEUDO] == pytest.approx(10 / 1010)


def test_what_a_pool_without_a_class_leaves_free_gold_fills():
    one_sided = lessons((Pool.REPLAY, 0.0, "a", 50), (Pool.REPLAY, 1.0, "b", 50), (Pool.PSEUDO, 0.9, "e", 100))
    rows = sampler(one_sided, 100, seed=0)(0)
    assert (one_sided.targets[rows] < 0.5).sum() == 50
    assert (one_sided.pools[rows] == Pool.PSEUDO).sum() == 10


def test_a_large_owner_does_not_drown_a_small_one():
    uneven = lessons((Pool.REPLAY, 0.0, "large", 900), (Pool.REPLAY, 0.0, "small", 9), (Pool.REPLAY, 1.0, "b", 100))
    rows = np.concatenate([sampler(uneven, 100, seed=0)(step) for step in range(100)])
    human = rows[uneven.targets[rows] < 0.5]
    assert (uneven.owners[human] == "small").mean() == pytest.approx(3 / 33, abs=0.02)  # roots of 900 and 9


def test_a_batch_depends_on_seed_and_step_alone():
    first, second = sampler(MANY, 100, seed=1), sampler(MANY, 100, seed=1)
    second(0)
    assert np.array_equal(first(7), second(7))
    assert not np.array_equal(first(7), first(8))
    assert not np.array_equal(first(7), sampler(MANY, 100, seed=2)(7))


def test_gold_of_one_class_cannot_be_balanced():
    with pytest.raises(ValueError, match="gold lacks a class"):
        sampler(lessons((Pool.REPLAY, 0.0, "a", 50), (Pool.PSEUDO, 1.0, "e", 50)), 10, seed=0)
