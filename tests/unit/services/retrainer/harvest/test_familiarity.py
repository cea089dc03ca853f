from dataclasses import replace

import numpy as np
import pytest

from services.retrainer.harvest.familiarity import FEWEST, Familiarity
from services.retrainer.versions.embedded import PLAIN, Embedded


def drawn(count=2000, seed=0):
    """Gold whose directions differ a hundredfold in spread, and one in which it does not vary."""
    random = np.random.default_rng(seed)
    return (random.normal(size=(count, 6)) * [10, 3, 1, 0.3, 0.1, 0]).astype(np.float32)


def test_about_the_asked_share_of_fresh_gold_lies_beyond_the_limit():
    familiarity = Familiarity.of(drawn(), quantile=0.95)
    assert np.mean(familiarity.distances(drawn(seed=1)) > familiarity.limit) == pytest.approx(0.05, abs=0.02)


def test_a_step_counts_by_how_much_gold_varies_that_way():
    familiarity = Familiarity.of(drawn(), quantile=0.99)
    along, across = np.zeros((2, 1, 6), np.float32)
    along[0, 0] = across[0, 4] = 5.0
    assert familiarity.distances(along)[0] < familiarity.limit < familiarity.distances(across)[0]


def test_with_fewer_pictures_than_dimensions_fresh_gold_is_not_all_outlying():
    random = np.random.default_rng(0)
    familiarity = Familiarity.of(random.normal(size=(60, 200)).astype(np.float32), quantile=0.9)
    assert np.mean(familiarity.distances(random.normal(size=(500, 200))) > familiarity.limit) < 0.3


def test_views_of_one_picture_count_as_one_of_gold():
    vectors = np.random.default_rng(0).normal(size=(FEWEST * 5, 3)).astype(np.float32)
    few = np.repeat(np.arange(FEWEST - 1), 6)[: len(vectors)].astype(str)
    assert Familiarity.of(vectors, quantile=0.9, pictures=few) is None
    assert Familiarity.of(vectors, quantile=0.9) is not None
    assert Familiarity.of(np.empty((0, 3), np.float32), quantile=0.9) is None


def test_the_gold_of_a_version_counts_as_it_is_and_not_as_it_was_degraded(tmp_path):
    count, far = 400, np.full((400, 6), 100, np.float32)
    texts = np.array([f"picture {number}" for number in range(count)])
    plain = Embedded(
        vectors=drawn(count),
        labels=np.zeros(count, np.uint8),
        owners=texts,
        kinds=texts,
        pictures=texts,
        cells=np.full(count, PLAIN),
        lanes=np.full(count, "bulk"),
        short_sides=np.full(count, 512, np.int32),
    )
    Embedded.joined([plain, replace(plain, vectors=far, cells=np.full(count, "jpeg-40"))]).save(tmp_path / "gold.npz")
    familiarity = Familiarity.of_version(tmp_path, quantile=0.95)
    assert familiarity.distances(far[:1])[0] > familiarity.limit
    assert Familiarity.of_version(tmp_path / "elsewhere", quantile=0.95) is None
