import numpy as np
import pytest

from bench.retraining import pool
from bench.retraining.parts import Parts, taught
from services.retrainer.versions.embedded import PLAIN

MADE_UP = pool.made_up(400)


def test_no_picture_is_given_out_twice_and_each_has_its_label():
    parts = Parts(pool=MADE_UP, chance=np.random.default_rng(0))
    taken = [parts.take(30, label) for label in (0, 1, 0)] + [parts.both(40)]
    names = [name for some in taken for name in some]
    assert len(set(names)) == len(names) == 130
    assert set(parts.looks(taken[1]).labels.tolist()) == {1}
    assert taught(parts.looks(taken[3])).targets.sum() == 20


def test_more_than_there_is_is_refused():
    parts = Parts(pool=MADE_UP, chance=np.random.default_rng(0))
    parts.take(150, 1)
    with pytest.raises(ValueError, match="only 50 pictures of label 1 are left, not 51"):
        parts.take(51, 1)


def test_a_guard_set_holds_canaries_and_degradations_but_no_unknown_mark():
    parts = Parts(pool=MADE_UP, chance=np.random.default_rng(0))
    cells = set(parts.every_look(parts.both(10, marked=True)).cells.tolist())
    assert cells == set(pool.LOOKS) - {pool.UNKNOWN}
    assert {PLAIN, pool.KNOWN} <= cells
