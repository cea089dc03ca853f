import json

import numpy as np
import pytest

pytest.importorskip("torch")
onnx = pytest.importorskip("onnx")

from services.retrainer.versions.stage import GOLD, GUARD, Change, Head, read_head, read_set, stage  # noqa: E402
from shared import scoring  # noqa: E402
from shared.domain.job import Lane  # noqa: E402
from shared.errors import ModelRefused  # noqa: E402
from shared.scoring.manifest import write_manifest  # noqa: E402
from tests.models import brightness  # noqa: E402
from tests.unit.services.retrainer.versions.made import SIDE, loaded, version  # noqa: E402

PIXELS = np.random.default_rng(3).integers(0, 256, (5, SIDE, SIDE, 3), np.uint8)


@pytest.fixture(scope="module")
def parent(tmp_path_factory):
    return version(tmp_path_factory.mktemp("parent"))


def test_a_version_under_another_number_gives_the_same_logits_and_keeps_its_sets_byte_for_byte(parent, tmp_path):
    made = stage(parent, tmp_path, Change(version="1.0.1", card={"description": "Again."}))
    assert np.array_equal(loaded(made).score(PIXELS).logits, loaded(parent).score(PIXELS).logits)
    for name in (GOLD, GUARD, "model.safetensors"):
        assert (made / name).read_bytes() == (parent / name).read_bytes()
    card = json.loads((made / "card.json").read_text())
    assert (card["version"], card["description"], card["name"]) == ("1.0.1", "Again.", "small")
    assert "small 1.0.1" in (made / "card.md").read_text()


def test_a_new_head_is_in_both_files_and_decides(parent, tmp_path):
    size = read_head(parent).weight.size
    head = Head(weight=np.random.default_rng(0).normal(0, 0.1, size).astype(np.float32), bias=-0.5)
    made = stage(parent, tmp_path, Change(version="1.1.0", head=head))
    assert np.array_equal(read_head(made).weight, head.weight)
    with np.load(made / "golden.npz") as golden:
        assert np.allclose(golden["embedding"] @ head.weight - 0.5, golden["logit"], atol=1e-4)
        assert np.allclose(golden["map"].mean((1, 2)), golden["logit"], atol=1e-4)
    assert not np.allclose(loaded(made).score(PIXELS).logits, loaded(parent).score(PIXELS).logits, atol=0.1)


def test_a_new_head_with_gold_of_its_own_stays_in_the_space_of_its_parents_embeddings(tmp_path):
    shipped = scoring.shipped()[-1]
    head, gold = read_head(shipped), read_set(shipped, GOLD)
    change = Change(
        version="9.9.9", head=Head(weight=-head.weight, bias=1.0), gold=gold.rows(np.arange(len(gold)) % 2 == 0)
    )
    made, parent = loaded(stage(shipped, tmp_path, change)).spaces, loaded(shipped).spaces
    assert {lane: space.id for lane, space in made.items()} == {lane: space.id for lane, space in parent.items()}
    assert set(made) == set(Lane)
    assert not np.array_equal(made[Lane.BULK].levels, parent[Lane.BULK].levels)


def test_a_head_of_another_size_is_refused(parent, tmp_path):
    with pytest.raises(ModelRefused, match=r"no head\.weight of the shape \[1, 3\]"):
        stage(parent, tmp_path, Change(version="1.1.0", head=Head(weight=np.zeros(3, np.float32), bias=0.0)))


def test_a_parent_that_was_tampered_with_is_refused(parent, tmp_path):
    made = stage(parent, tmp_path, Change(version="1.0.1"))
    (made / GOLD).write_bytes(b"other")
    with pytest.raises(ModelRefused, match=r"gold\.npz is not the file"):
        stage(made, tmp_path, Change(version="1.0.2"))


def test_a_version_without_weights_cannot_be_retrained_and_says_why(tmp_path):
    brought = brightness(tmp_path / "1.0.0")
    assert read_set(brought, GOLD) is None
    with pytest.raises(ModelRefused, match=r"holds no head\.weight: it was brought or made before 1\.1\.1"):
        read_head(brought)


def test_a_set_that_is_none_is_refused(parent, tmp_path):
    made = stage(parent, tmp_path, Change(version="1.0.1"))
    np.savez(made / GOLD, something=np.zeros(3))
    write_manifest(made)
    with pytest.raises(ModelRefused, match=r"gold\.npz cannot be read"):
        read_set(made, GOLD)
