import functools
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from services.retrainer.data.prepared import prepared
from services.retrainer.data.split import official
from services.retrainer.sources import open_dataset
from services.retrainer.statistics.metrics import measure
from shared import scoring
from shared.scoring.session import Model

CIFAKE = Path(__file__).parents[5] / "shared" / "data" / "cifake.tar.xz"
OF_CIFAKE = sorted(
    folder.name for folder in scoring.SHIPPED.iterdir() if (folder / "card.json").exists() and folder.name < "1"
)


pytestmark = pytest.mark.skipif(not CIFAKE.exists(), reason="the CIFAKE archive is not on this machine")


@pytest.fixture(scope="module")
def cifake():
    """Unpacked once: it takes longer than most tests."""
    return open_dataset(CIFAKE)


@pytest.fixture(scope="module")
def tests(cifake):
    """CIFAKE's test half, and which of it does not also stand in training."""
    halves = official(cifake)
    unseen = {sample.name for sample in halves.test_unseen.samples}
    assert len(halves.test) - len(unseen) == 378
    return halves.test, np.array([sample.name in unseen for sample in halves.test.samples])


@pytest.fixture(scope="module")
def read(tests):
    """The half as a version reads it, once for all that read it alike."""
    return functools.cache(lambda spec: prepared(tests[0], spec))


def test_cifake_is_whole(cifake):
    assert Counter((sample.part, sample.label) for sample in cifake.samples) == {
        ("train", 0): 50_000, ("train", 1): 50_000, ("test", 0): 10_000, ("test", 1): 10_000,
    }  # fmt: skip
    assert len(set(cifake.part("test").owners) & set(cifake.part("train").owners)) > 0


@pytest.mark.parametrize("version", OF_CIFAKE)
def test_the_shipped_file_gives_the_figures_that_its_card_states(version, tests, read):
    model = Model.load(scoring.SHIPPED / version, provider="cpu", threads=1)
    stated = model.card.document["metrics"]
    images = read(model.card.input)
    probabilities = model.score(images.pixels).probabilities
    everything = np.ones(len(images), bool)
    for name, rows in {"test": everything, "test_without_duplicates": tests[1]}.items():
        measured = measure(images.labels[rows], probabilities[rows], model.card.thresholds)
        assert measured["n"] == stated[name]["n"]
        assert measured["accuracy"]["value"] == pytest.approx(stated[name]["accuracy"]["value"], abs=1e-4)
        assert measured["roc_auc"] == pytest.approx(stated[name]["roc_auc"], abs=1e-5)
