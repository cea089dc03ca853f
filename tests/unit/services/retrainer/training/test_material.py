import numpy as np
import pytest

pytest.importorskip("torch")

from services.retrainer.training.material import FINAL, Material
from tests.unit.services.retrainer.training.made import collection


def test_no_part_trains_on_the_owners_that_it_leaves_out():
    material = Material(dataset=collection(), pictures=[], folds=np.repeat(np.arange(6), 8) % 4, sha256="")
    for fold in range(4):
        assert not (material.folds[material.without(f"fold-{fold}")] == fold).any()
    assert len(material.without(FINAL)) == 48
