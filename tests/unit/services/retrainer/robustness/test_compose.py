import random

import numpy as np
import pytest

from services.retrainer.data.samples import AI, HUMAN, Dataset
from services.retrainer.robustness.compose import CONTROLS, DIRECTIONS, composites, paste
from shared.errors import ConfigurationError
from tests.unit.services.retrainer.robustness.made import sample, texture

HOST, DONOR = texture(0, width=120, height=80), texture(1, width=120, height=80)


def dataset(owners=3):
    return Dataset(
        "made",
        [
            sample(f"{name}{index}", label, texture(2 * index + label), owner=f"{name}{index % owners}")
            for index in range(6)
            for name, label in (("human", HUMAN), ("ai", AI))
        ],
    )


@pytest.mark.parametrize("feathered", [False, True])
def test_outside_the_patch_the_host_is_untouched(feathered):
    for seed in range(10):
        pasted, mask = paste(HOST, DONOR, random.Random(seed), feathered=feathered)
        changed = np.abs(np.asarray(pasted, int) - np.asarray(HOST, int)).max(2) > 0
        rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
        margin = 10 if feathered else 0
        changed[
            max(0, rows[0] - margin) : rows[-1] + margin + 1, max(0, columns[0] - margin) : columns[-1] + margin + 1
        ] = False
        assert not changed.any()


def test_a_hard_patch_is_the_donors_own_pixels():
    pasted, mask = paste(HOST, DONOR, random.Random(0), feathered=False)
    rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    patch = np.asarray(pasted)[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    windows = np.lib.stride_tricks.sliding_window_view(np.asarray(DONOR), patch.shape).reshape(-1, *patch.shape)
    assert any(np.array_equal(window, patch) for window in windows)


def test_the_patch_covers_a_fifth_to_a_half_of_each_side():
    for seed in range(20):
        _, mask = paste(HOST, DONOR, random.Random(seed), feathered=False)
        assert 0.19 <= mask.any(1).mean() <= 0.51
        assert 0.19 <= mask.any(0).mean() <= 0.51


def test_a_feathered_edge_is_softer_than_a_hard_one():
    black, white = texture(0).point(lambda _: 0), texture(0).point(lambda _: 255)
    steps = [
        np.abs(np.diff(np.asarray(paste(black, white, random.Random(1), feathered=feathered)[0], int), axis=1)).max()
        for feathered in (False, True)
    ]
    assert steps[0] == 255
    assert steps[1] < 200


def test_a_small_donor_gives_all_it_has():
    _, mask = paste(HOST, texture(1, width=10, height=9), random.Random(0), feathered=False)
    assert mask.sum() == 90


def test_a_patch_never_comes_from_the_hosts_owner():
    owner = {each.name: each.owner for each in dataset().samples}
    made = list(composites(dataset(), count=6, base="raw"))
    assert {composite.direction for composite in made} == set(DIRECTIONS)
    for composite in made:
        donor, _, host = composite.name.partition(" in ")
        assert owner[donor] != owner[host] == composite.owner


def test_labels_are_those_of_the_direction():
    label = {each.name: each.label for each in dataset().samples}
    for composite in composites(dataset(), count=4, base="raw"):
        donor, _, host = composite.name.partition(" in ")
        assert (label[donor], label[host]) == (composite.direction.patch, composite.direction.host)
    assert all(control.patch == control.host for control in CONTROLS)


def test_pasted_and_unpasted_end_with_the_same_compression():
    for composite in composites(dataset(), count=2, base="raw"):
        assert composite.plain.size == composite.pasted.size
        far = ~np.asarray(composite.mask)
        difference = np.abs(np.asarray(composite.plain, int) - np.asarray(composite.pasted, int)).max(2)
        assert np.median(difference[far]) == 0
        assert difference[composite.mask].mean() > 10


def test_composites_are_the_same_for_a_seed_and_others_for_another():
    def pixels(seed):
        return [each.pasted.tobytes() for each in composites(dataset(), count=2, seed=seed)]

    assert pixels(0) == pixels(0) != pixels(1)


def test_drawings_are_not_pasted():
    drawings = [sample(f"drawing{index}", HUMAN, texture(index), kind="painting") for index in range(4)]
    made = composites(Dataset("made", [*dataset().samples, *drawings]), count=20, base="raw")
    assert not any("drawing" in composite.name for composite in made)


def test_one_owner_to_a_class_is_refused():
    with pytest.raises(ConfigurationError, match="two owners"):
        list(composites(dataset(owners=1), count=2))
