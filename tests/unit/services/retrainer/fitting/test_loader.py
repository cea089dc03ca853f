import os

import numpy as np
import pytest

from services.retrainer.fitting.loader import batches


class Steps:
    """Batches that carry their step and the process that made them."""

    steps_per_pass = 10

    def batch(self, step):
        return np.full((1, 1, 1, 3), step, np.uint8), np.array([os.getpid()], np.float32)


@pytest.mark.parametrize("loaders", [0, 1, 3])
@pytest.mark.parametrize(("first", "last"), [(0, 20), (7, 9), (5, 5)])
def test_batches_come_in_order_however_many_make_them(loaders, first, last):
    steps = [int(pixels[0, 0, 0, 0]) for pixels, _ in batches(Steps(), first, last, loaders=loaders)]
    assert steps == list(range(first, last))


def test_loaders_are_processes_of_their_own():
    makers = {int(labels[0]) for _, labels in batches(Steps(), 0, 12, loaders=2)}
    assert np.float32(os.getpid()) not in makers


def test_a_run_that_ends_early_leaves_no_loader_behind():
    early = batches(Steps(), 0, 1000, loaders=2)
    maker = int(next(early)[1][0])
    early.close()
    with pytest.raises(ProcessLookupError):
        os.kill(maker, 0)
