import functools
import json
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from services.retrainer.data.prepared import prepared
from services.retrainer.data.split import official
from services.retrainer.domains.chapter import chapter
from services.retrainer.domains.file import DomainFile
from services.retrainer.sources import open_dataset
from services.retrainer.statistics.metrics import measure
from services.retrainer.versions.stage import GUARD, read_set
from shared import scoring
from shared.domain.job import Lane
from shared.domain.model_card import ModelCard
from shared.scoring.domains import DOMAINS
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


TELLING = [folder for folder in scoring.shipped() if (folder / DOMAINS).exists()]


@pytest.mark.parametrize("directory", TELLING, ids=lambda folder: folder.name)
def test_the_shipped_domains_give_the_figures_that_the_card_states(directory):
    card = ModelCard.from_document(json.loads((directory / "card.json").read_text()))
    stated = card.document["domains"]
    counted = chapter(DomainFile.of_version(directory), card.thresholds, read_set(directory, GUARD))
    for name in ("least", "farthest", "records", "guard"):
        assert counted[name] == stated[name], name
    for name, found in counted["measured"].items():
        assert found == stated["measured"][name], name


def test_the_newest_shipped_version_tells_domains_and_its_records_rest_on_people_of_many_owners():
    assert scoring.shipped()[-1] in TELLING
    records = Model.load(TELLING[-1], provider="cpu", threads=1).domains.records
    for lane in Lane:
        rows = records.lanes == lane.value
        assert rows.sum() == 3665
        assert len(set(records.owners[rows])) == 72
    assert (TELLING[-1] / DOMAINS).stat().st_size < 1_000_000
