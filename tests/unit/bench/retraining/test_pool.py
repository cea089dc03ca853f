import numpy as np
import pytest
from PIL import Image

from bench.retraining import pool
from services.retrainer.versions.embedded import PLAIN


@pytest.fixture
def cifake(tmp_path):
    """A tree in CIFAKE's layout, with three pictures in each folder."""
    chance = np.random.default_rng(0)
    for part in ("train", "test"):
        for folder in ("real", "fake"):
            (tmp_path / part / folder).mkdir(parents=True)
            for name in ("0000.jpg", "0000 (3).jpg", "0001 (10).jpg"):
                pixels = chance.integers(0, 256, (32, 32, 3), np.uint8)
                Image.fromarray(pixels).save(tmp_path / part / folder / name)
    return tmp_path


def test_the_test_half_is_seen_under_every_mark_and_kept(cifake, tmp_path):
    kept = tmp_path / "kept" / "cifake.npz"
    first = pool.cifake(cifake, kept)
    assert len(first) == 6 * len(pool.LOOKS)
    assert first.vectors.shape[1] == 64
    assert set(first.cells.tolist()) == set(pool.LOOKS)
    assert set(first.pictures.tolist()) == {
        f"test/{folder}/{name}" for folder in ("real", "fake") for name in ("0000.jpg", "0000 (3).jpg", "0001 (10).jpg")
    }
    plain = first.rows(first.cells == PLAIN)
    shown = dict(zip(plain.pictures.tolist(), plain.kinds.tolist(), strict=True))
    assert shown["test/real/0000.jpg"] == "aeroplane"
    assert shown["test/fake/0000 (3).jpg"] == "bird"
    assert shown["test/fake/0001 (10).jpg"] == "lorry"
    again = pool.cifake(cifake / "not there any more", kept)
    assert np.array_equal(first.vectors, again.vectors)


def test_marks_lie_where_they_are_said_to():
    grey = Image.new("RGB", (32, 32), (128, 128, 128))
    square, bar = np.asarray(pool.square(grey)), np.asarray(pool.bar(grey))
    assert (square[27:, 27:] == (255, 0, 255)).all()
    assert (square[:27] == 128).all()
    assert (bar[29:] == (255, 220, 0)).all()
    assert (bar[:29] == 128).all()


def test_made_up_pictures_can_be_told_apart_and_differ_by_seed():
    one, other = pool.made_up(200), pool.made_up(200, seed=1)
    assert not np.array_equal(one.vectors, other.vectors)
    plain = one.rows(one.cells == PLAIN)
    apart = plain.vectors[plain.labels == 1].mean(0) - plain.vectors[plain.labels == 0].mean(0)
    assert np.linalg.norm(apart[:5]) == pytest.approx(2.6, abs=0.6)
