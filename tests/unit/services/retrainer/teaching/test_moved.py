from dataclasses import replace

import numpy as np

from services.retrainer.teaching.moved import carried_over
from services.retrainer.versions.embedded import Embedded


def rows(vectors):
    count = len(vectors)
    texts = {name: np.full(count, "") for name in ("owners", "kinds", "pictures", "cells", "lanes")}
    return Embedded(
        vectors=vectors.astype(np.float32),
        labels=np.zeros(count, np.uint8),
        short_sides=np.ones(count, np.int32),
        **texts,
    )


def test_what_a_small_turn_of_the_network_did_to_some_is_done_to_others():
    chance = np.random.default_rng(0)
    turn = np.eye(8) + chance.normal(0, 0.05, (8, 8))
    known, others = chance.normal(3, 2, (400, 8)), chance.normal(3, 2, (50, 8))
    moved = carried_over(rows(others), rows(known), rows(known @ turn + 0.5))
    before = np.abs(others - (others @ turn + 0.5)).mean()
    assert np.abs(moved.vectors - (others @ turn + 0.5)).mean() < 0.15 * before


def test_a_network_that_did_not_move_leaves_all_as_it_was():
    vectors = np.random.default_rng(0).normal(0, 1, (20, 30))
    old = replace(rows(vectors), labels=np.ones(20, np.uint8))
    same = carried_over(old, rows(vectors), rows(vectors))
    assert np.array_equal(same.vectors, old.vectors)
    assert same.labels.all()
