import numpy as np
import pytest

from services.retrainer.harvest import nearness


def test_distances_are_differing_bits():
    zeros, ones = bytes(32), b"\xff" * 32
    mixed = bytes(31) + b"\x07"
    found = nearness.distances(nearness.packed([zeros, mixed]), nearness.packed([zeros, ones]))
    assert found.tolist() == [[0, 256], [3, 253]]


def test_without_others_the_nearest_is_as_far_as_can_be():
    assert nearness.nearest(nearness.packed([bytes(32)]), nearness.NONE).tolist() == [nearness.FARTHEST]
    assert nearness.nearest(nearness.NONE, nearness.packed([bytes(32)])).tolist() == []


def test_slabs_change_nothing(monkeypatch):
    drawn = np.random.default_rng(0).integers(0, 2**63, (50, 4)).astype(np.uint64)
    whole = nearness.nearest(drawn[:20], drawn[20:])
    monkeypatch.setattr(nearness, "_PAIRS", 70)
    assert nearness.nearest(drawn[:20], drawn[20:]).tolist() == whole.tolist()


def test_clusters_are_chains_of_near_hashes():
    texts = [bytes(32), b"\xff" * 32, b"\x0f" + bytes(31), b"\xff" * 31 + b"\xf0", b"\xff" + bytes(31)]
    assert nearness.clusters(nearness.packed(texts), 4).tolist() == [0, 1, 0, 1, 0]
    assert nearness.clusters(nearness.packed(texts), 3).tolist() == [0, 1, 2, 3, 4]


def test_clusters_are_what_comparing_every_pair_gives():
    random = np.random.default_rng(1)
    centres = random.integers(0, 2, (12, 256))
    bits = centres[random.integers(0, 12, 150)] ^ (random.random((150, 256)) < 0.06)
    hashes = np.packbits(bits.astype(np.uint8), axis=1).view(np.uint64)
    linked = nearness.distances(hashes, hashes) <= 31
    for _ in range(8):  # reachable in 2, 4, … 256 steps
        linked = (linked.astype(int) @ linked) > 0
    assert nearness.clusters(hashes, 31).tolist() == linked.argmax(1).tolist()


def test_a_hash_of_another_length_is_refused():
    with pytest.raises(ValueError, match="32 bytes"):
        nearness.packed([bytes(31)])
