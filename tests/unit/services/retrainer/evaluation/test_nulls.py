import numpy as np
import pytest
from PIL import Image

from services.retrainer.data.samples import Dataset, Sample
from services.retrainer.evaluation import nulls
from services.retrainer.statistics.metrics import roc_auc

NAMES = sorted(nulls.DESCRIBE)


@pytest.fixture(autouse=True)
def fewer_trees(monkeypatch):
    monkeypatch.setattr(nulls, "TREES", 20)


@pytest.fixture
def dataset():
    """24 owners with 10 images each."""
    return Dataset("set", [Sample(name=f"{n}", label=n // 10 % 2, owner=f"{n // 10}", read=bytes) for n in range(240)])


def views(dataset, *, planted=None, looks=1):
    """Numbers that say nothing, but for one of a null that leans towards AI."""
    random = np.random.default_rng(0)
    made = {name: random.normal(size=(looks, len(dataset), 12)).astype(np.float32) for name in NAMES}
    if planted:
        made[planted][..., 3] += 2 * dataset.labels
    return made


def areas(dataset, made):
    scored = nulls.out_of_fold(made, dataset.labels, dataset.owners, nulls.owner_folds(dataset))
    return {name: roc_auc(dataset.labels, null.scores) for name, null in scored.items()}


@pytest.mark.parametrize("planted", NAMES)
def test_a_planted_nuisance_is_found_by_its_null_and_by_no_other(dataset, planted):
    found = areas(dataset, views(dataset, planted=planted))
    assert found.pop(planted) > 0.85
    both = found.pop("noise + colour")
    assert (both > 0.75) == (planted in {"noise", "colour"})
    assert all(0.35 < area < 0.65 for area in found.values())


def test_what_marks_an_owner_says_nothing_of_owners_left_out(dataset):
    """Fitted on the same owners it would say all: an owner has one label."""
    made = views(dataset)
    marks = np.random.default_rng(1).normal(size=(24, 12)).astype(np.float32)
    made["colour"][0] += 5 * marks[np.arange(240) // 10]
    assert areas(dataset, made)["colour"] < 0.75


def test_an_image_is_judged_by_its_first_look_alone(dataset):
    made = views(dataset, looks=2)
    made["grid"][1, :, 3] += 2 * dataset.labels
    assert areas(dataset, made)["grid"] < 0.7


def test_folds_part_no_owner_and_are_as_many_as_the_rarer_class_allows(dataset):
    few = dataset.where((dataset.labels == 0) | (dataset.owners.astype(int) < 6))
    fold = nulls.owner_folds(few)
    assert len(np.unique(fold)) == 3
    assert all(len(np.unique(fold[few.owners == owner])) == 1 for owner in np.unique(few.owners))


def test_a_picture_is_described_for_each_null():
    described = nulls.describe(Image.new("RGB", (40, 30), "teal"))
    assert sorted(described) == NAMES
    stacked = nulls.stacked([described, described])
    assert all(rows.shape == (2, len(described[name])) for name, rows in stacked.items())
