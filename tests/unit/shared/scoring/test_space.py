"""Embeddings can be compared where they come from the same network, whatever head reads them."""

import io
import json
from dataclasses import replace

import numpy as np
import pytest
from safetensors.numpy import load, save

from shared import scoring
from shared.domain.embedding import BITS, BYTES, EmbeddingCode, Likeness, likeness
from shared.domain.job import Lane
from shared.domain.model_card import ModelCard
from shared.errors import ModelRefused
from shared.scoring.manifest import read_verified
from shared.scoring.session import Model
from shared.scoring.space import Space, spaces

SHIPPED = scoring.shipped()[-1]


@pytest.fixture(scope="module")
def files():
    return read_verified(SHIPPED)


@pytest.fixture(scope="module")
def card(files):
    return ModelCard.from_document(json.loads(files["card.json"]))


def apart(one: EmbeddingCode, other: EmbeddingCode) -> int:
    return (int.from_bytes(one.code) ^ int.from_bytes(other.code)).bit_count()


def changed(files, name, value):
    weights = load(files["model.safetensors"])
    assert name in weights
    return {**files, "model.safetensors": save(weights | {name: value(weights[name])})}


def ids(found):
    return {lane: space.id for lane, space in found.items()}


def test_a_new_head_leaves_the_space_as_it_was(files, card):
    with_head = changed(files, "head.weight", lambda weight: weight + 1)
    assert ids(spaces(with_head, card)) == ids(spaces(files, card))


def test_weights_written_in_another_order_are_the_same_space(files, card):
    weights = load(files["model.safetensors"])
    again = save(dict(reversed(weights.items())), {"written": "again"})
    assert again != files["model.safetensors"]
    assert ids(spaces({**files, "model.safetensors": again}, card)) == ids(spaces(files, card))


def test_one_weight_below_the_head_makes_another_space(files, card):
    name = next(name for name in load(files["model.safetensors"]) if name.startswith("looks.") and "weight" in name)
    moved = changed(files, name, lambda weight: weight * np.float32(1.0001))
    assert not set(ids(spaces(moved, card)).values()) & set(ids(spaces(files, card)).values())


def test_each_lane_has_a_space_of_its_own_where_it_looks_at_other_tiles(files, card):
    found = ids(spaces(files, card))
    assert found[Lane.BULK] != found[Lane.INTERACTIVE]
    other = replace(
        card, input=replace(card.input, views={**card.input.views, Lane.BULK: card.input.views[Lane.INTERACTIVE]})
    )
    moved = ids(spaces(files, other))
    assert moved[Lane.INTERACTIVE] == found[Lane.INTERACTIVE]
    assert moved[Lane.BULK] == found[Lane.INTERACTIVE]


@pytest.mark.parametrize("missing", ["model.safetensors", "gold.npz"])
def test_a_version_without_weights_or_gold_has_no_space(files, card, missing):
    assert spaces({name: content for name, content in files.items() if name != missing}, card) == {}


def test_a_version_without_embeddings_has_no_space(files, card):
    assert spaces(files, replace(card, embedding_size=None)) == {}


@pytest.mark.parametrize("broken", ["model.safetensors", "gold.npz"])
def test_what_cannot_be_read_refuses_the_version(files, card, broken):
    with pytest.raises(ModelRefused, match="space of the embeddings"):
        spaces({**files, broken: files[broken][:100]}, card)


def test_the_distance_of_two_codes_is_the_city_block_distance_of_their_levels(files, card):
    space = spaces(files, card)[Lane.BULK]
    assert space.bits == 5 * 760 <= BITS
    drawn = np.random.default_rng(0).normal(0, 2, (2, 760)).astype(np.float32)
    one, other = (space.code(row) for row in drawn)
    passed = [(row > space.levels).sum(0) for row in drawn]
    assert apart(one, other) == np.abs(passed[0] - passed[1]).sum() > 0
    assert len(one.code) == BYTES


def test_each_level_is_passed_by_its_share_of_gold(files, card):
    levels = spaces(files, card)[Lane.BULK].levels
    with np.load(io.BytesIO(files["gold.npz"])) as gold:
        rows = gold["quantised"][gold["lanes"] == "bulk"] * gold["scale"]
    assert (np.diff(levels, axis=0) >= 0).all()
    for number, level in enumerate(levels, 1):
        # Above: numbers that are often the same, such as a statistic at its bound.
        assert np.median((rows > level).mean(0)) == pytest.approx(1 - number / 6, abs=0.02)


def test_a_space_is_the_same_after_it_was_kept(files, card):
    space = spaces(files, card)[Lane.BULK]
    again = Space.unpacked(space.packed())
    assert again.id == space.id
    assert np.array_equal(again.levels, space.levels)


def test_a_loaded_model_knows_its_spaces(files, card):
    assert ids(Model.load(SHIPPED, provider="cpu", threads=1).spaces) == ids(spaces(files, card))


@pytest.mark.parametrize(
    ("distance", "word"),
    [
        (0, Likeness.CLOSE),
        (0.06, Likeness.CLOSE),
        (0.061, Likeness.LOOSE),
        (0.12, Likeness.LOOSE),
        (0.13, Likeness.FAR),
        (None, None),
    ],
)
def test_a_distance_has_a_word(distance, word):
    assert likeness(distance) is word


@pytest.mark.parametrize(("space", "code"), [(b"short", bytes(BYTES)), (bytes(32), bytes(BYTES - 1))])
def test_a_code_of_another_length_is_refused(space, code):
    with pytest.raises(ValueError, match="bytes, not"):
        EmbeddingCode(space=space, code=code)
