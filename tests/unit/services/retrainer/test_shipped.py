from pathlib import Path

import pytest

from services.retrainer import dataset
from services.retrainer.evaluate import measure
from shared import scoring
from shared.scoring.session import Model

CIFAKE = Path(__file__).parents[5] / "shared" / "data" / "cifake.tar.xz"


@pytest.mark.skipif(not CIFAKE.exists(), reason="the CIFAKE archive is not on this machine")
def test_the_shipped_file_gives_the_figures_that_its_card_states():
    model = Model.load(scoring.SHIPPED / "0.1.0", provider="cpu", threads=1)
    data = dataset.load(CIFAKE, model.card.input)
    stated = model.card.document["metrics"]
    for name, images in (("test", data.test), ("test_without_duplicates", data.test_unseen)):
        measured = measure(images.labels, model.score(images.pixels).probabilities, model.card.thresholds)
        assert measured["n"] == stated[name]["n"]
        assert measured["accuracy"]["value"] == pytest.approx(stated[name]["accuracy"]["value"], abs=1e-4)
        assert measured["roc_auc"] == pytest.approx(stated[name]["roc_auc"], abs=1e-5)
    assert len(data.test) - len(data.test_unseen) == 378
