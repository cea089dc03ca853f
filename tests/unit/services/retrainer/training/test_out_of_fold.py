import numpy as np
import pytest

pytest.importorskip("torch")
pytest.importorskip("sklearn")

from services.retrainer.fitting.slice import Slice
from services.retrainer.training import out_of_fold
from services.retrainer.training.material import Material
from shared.domain.job import Lane
from tests.unit.services.retrainer.training.made import Shifted, collection


def test_scores_of_other_networks_are_never_taken(tmp_path):
    material = Material(dataset=collection(), pictures=[], folds=np.repeat(np.arange(6), 8), sha256="")
    here = Slice(run=tmp_path, say=lambda line: None, resume=True)

    def seen(network):
        networks = dict.fromkeys([f"fold-{fold}" for fold in range(6)], network)
        return out_of_fold.scores(material, networks, here, "raw", Lane.BULK).logits

    dim, bright = Shifted(0.0), Shifted(5.0)
    assert np.allclose(seen(bright) - seen(dim), 5.0, atol=1e-4)
    assert np.array_equal(seen(dim), seen(dim))
