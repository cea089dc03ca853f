import hashlib
import random

import numpy as np
import pytest

from services.retrainer.data.samples import AI, HUMAN, Dataset, Sample
from services.retrainer.data.split import folds, official, share
from shared.errors import ConfigurationError


def sample(name, label, owner, *, kind="", part="", content=None):
    content = name.encode() if content is None else content
    return Sample(name=name, label=label, owner=owner, read=lambda: content, kind=kind, part=part)


def made(chance):
    """A data set of random owners: few large, many small; some of both classes; several kinds."""
    samples = []
    for owner in range(chance.randint(16, 60)):
        for index in range(int(chance.paretovariate(0.8)) % 300 + 1):
            label = chance.choice([HUMAN, AI]) if owner % 7 == 0 else owner % 2
            samples.append(sample(f"{owner}/{index}", label, f"owner {owner}", kind=f"kind {owner % 3}"))
    chance.shuffle(samples)
    return Dataset("made", samples)


DATASETS = [made(random.Random(seed)) for seed in range(25)]


@pytest.mark.parametrize("k", [2, 5])
def test_an_owner_is_never_parted(k):
    for dataset in DATASETS:
        of = {}
        for owner, fold in zip(dataset.owners, folds(dataset, k, 0), strict=True):
            assert of.setdefault(owner, fold) == fold


@pytest.mark.parametrize("k", [2, 5])
def test_every_fold_has_both_classes(k):
    for dataset in DATASETS:
        fold = folds(dataset, k, 0)
        assert fold.shape == (len(dataset),)
        assert all(set(dataset.labels[fold == index]) == {HUMAN, AI} for index in range(k))


def test_no_fold_is_fuller_than_its_even_part_and_the_largest_owner():
    for dataset in DATASETS:
        fold = folds(dataset, 4, 0)
        for label in (HUMAN, AI):
            images = dataset.labels == label
            largest = np.unique(dataset.owners[images], return_counts=True)[1].max()
            assert np.bincount(fold[images], minlength=4).max() <= images.sum() / 4 * 1.25 + largest


def test_owners_and_kinds_are_spread():
    samples = [
        sample(f"{kind}/{owner}/{index}", label, f"{label} {kind} {owner}", kind=kind)
        for label in (HUMAN, AI)
        for kind in ("photo", "painting")
        for owner in range(8)
        for index in range(10)
    ]
    dataset = Dataset("even", samples)
    fold = folds(dataset, 4, 0)
    for index in range(4):
        inside = [s for s, f in zip(samples, fold, strict=True) if f == index]
        assert {
            (label, kind): sum(s.label == label and s.kind == kind for s in inside)
            for label in (0, 1)
            for kind in ("photo", "painting")
        } == {
            (0, "photo"): 20,
            (0, "painting"): 20,
            (1, "photo"): 20,
            (1, "painting"): 20,
        }


def test_a_giant_owner_gets_company_of_few():
    samples = [sample(f"giant/{index}", AI, "giant") for index in range(100)]
    samples += [
        sample(f"{label}/{owner}/{index}", label, f"{label} {owner}")
        for label in (0, 1)
        for owner in range(12)
        for index in range(10)
    ]
    dataset = Dataset("giant", samples)
    fold = folds(dataset, 3, 0)
    with_giant = fold[0]
    assert (fold == with_giant).sum() < 100 + 60
    assert len(set(dataset.owners[(fold == with_giant) & (dataset.labels == AI)])) > 1


def test_folds_follow_the_seed_alone():
    dataset = DATASETS[0]
    assert np.array_equal(folds(dataset, 5, 3), folds(dataset, 5, 3))
    assert not np.array_equal(folds(dataset, 5, 3), folds(dataset, 5, 4))


def test_too_few_owners_of_a_class_are_named():
    samples = [sample(f"h{index}", HUMAN, f"h{index}") for index in range(9)] + [sample("a", AI, "a")]
    with pytest.raises(ConfigurationError, match="1 owners of AI pictures do not fill 3 folds"):
        folds(Dataset("few", samples), 3, 0)


def owned_by_hash(name, label, part, content=None):
    content = name.encode() if content is None else content
    return sample(name, label, hashlib.sha256(content).hexdigest(), part=part, content=content)


@pytest.fixture
def cifake_like():
    return [
        owned_by_hash(f"{part}/{index}", index % 2, part)
        for part, n in (("train", 400), ("test", 40))
        for index in range(n)
    ]


def test_an_official_split_keeps_every_image_once(cifake_like):
    split = official(Dataset("set", cifake_like))
    names = [s.name for part in (split.train, split.validation, split.calibration, split.test) for s in part.samples]
    assert sorted(names) == sorted(s.name for s in cifake_like)
    assert all(len(part) for part in (split.train, split.validation, split.calibration))
    assert len(split.test) == len(split.test_unseen) == 40


def test_equal_files_stay_together(cifake_like):
    copies = [owned_by_hash(f"copy of {s.name}", s.label, "train", s.read()) for s in cifake_like if s.part == "train"]
    split = official(Dataset("set", cifake_like + copies))
    sides = [set(part.owners) for part in (split.train, split.validation, split.calibration)]
    assert sum(map(len, sides)) == len(set.union(*sides)) == 400


def test_test_files_that_also_stand_in_training_are_told_apart(cifake_like):
    seen = [owned_by_hash(f"seen {index}", 1, "test", cifake_like[index].read()) for index in range(3)]
    split = official(Dataset("set", cifake_like + seen))
    assert (len(split.test), len(split.test_unseen)) == (43, 40)


def test_a_validation_part_of_its_own_is_used(cifake_like):
    own = [owned_by_hash(f"val/{index}", index % 2, "val") for index in range(10)]
    split = official(Dataset("set", cifake_like + own))
    assert [s.name for s in split.validation.samples] == [s.name for s in own]
    assert len(split.train) + len(split.calibration) == 400


def test_a_set_without_a_test_part_has_no_official_split(cifake_like):
    with pytest.raises(ConfigurationError, match="no test part with both classes"):
        official(Dataset("set", [s for s in cifake_like if s.part == "train"]))


def test_a_share_is_the_start_of_the_hash():
    assert share(np.array(["80000000ff", "00000000ff"])).tolist() == [0.5, 0.0]
