import numpy as np
import pytest

from services.retrainer.versions.embedded import PLAIN, Embedded


def _set(count: int = 6, width: int = 5) -> Embedded:
    chance = np.random.default_rng(1)
    return Embedded(
        vectors=chance.normal(size=(count, width)).astype(np.float32),
        labels=(np.arange(count) % 2).astype(np.uint8),
        owners=np.array([f"owner-{row}" for row in range(count)]),
        kinds=np.array(["photograph"] * count),
        pictures=np.array([f"{row}" for row in range(count)]),
        cells=np.array([PLAIN] * count),
        lanes=np.array(["bulk"] * count),
        short_sides=np.full(count, 512, np.int32),
    )


def test_a_saved_set_comes_back_within_half_a_step_of_int8(tmp_path):
    before = _set()
    before.save(tmp_path / "gold.npz")
    after = Embedded.load(tmp_path / "gold.npz")
    step = np.abs(before.vectors).max(0) / 127
    assert np.all(np.abs(after.vectors - before.vectors) <= step / 2 + 1e-6)
    assert after.owners.tolist() == before.owners.tolist()
    assert after.labels.tolist() == before.labels.tolist()


def test_an_empty_set_can_be_kept(tmp_path):
    _set(0).save(tmp_path / "none.npz")
    assert len(Embedded.load(tmp_path / "none.npz")) == 0


def test_chosen_rows_keep_their_order_and_join_to_the_whole():
    whole = _set()
    parts = [whole.rows(whole.labels == label) for label in (0, 1)]
    assert Embedded.joined(parts).pictures.tolist() == ["0", "2", "4", "1", "3", "5"]


def test_columns_of_other_lengths_are_refused():
    with pytest.raises(ValueError, match="vectors must be"):
        Embedded(**{**{name: getattr(_set(), name) for name in Embedded.__slots__}, "labels": np.zeros(2, np.uint8)})
