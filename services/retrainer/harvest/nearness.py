"""Which pictures are nearly the same, by their PDQ hashes.

PDQ (Facebook 2019, "The TMK+PDQF Video-Hashing Algorithm and the PDQ Image-Hashing Algorithm") gives 256 bits of a
picture's coarse structure; its authors take two pictures for the same up to a Hamming distance of 31.
"""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

Hashes = NDArray[np.uint64]
"""[N, 4]: 256 bits each."""

HASH_BYTES = 32
FARTHEST = 256
NONE: Hashes = np.empty((0, 4), np.uint64)

_PAIRS = 1 << 18
"""Distances worked out at once: 3 MB."""


def packed(hashes: Iterable[bytes]) -> Hashes:
    """Hashes of 32 bytes each as uint64 [N, 4]; raises ValueError for one of another length."""
    texts = list(hashes)
    if any(len(text) != HASH_BYTES for text in texts):
        raise ValueError(f"a PDQ hash has {HASH_BYTES} bytes")
    return np.frombuffer(b"".join(texts), np.uint64).reshape(-1, 4)


def distances(some: Hashes, others: Hashes) -> NDArray[np.uint16]:
    """Differing bits of each of `some`, [N, 4], and each of `others`, [M, 4], as [N, M]."""
    bits = np.zeros((len(some), len(others)), np.uint16)
    for word in range(4):  # word by word, so that what is worked on stays in the cache
        bits += np.bitwise_count(some[:, None, word] ^ others[None, :, word])
    return bits


def nearest(some: Hashes, others: Hashes) -> NDArray[np.uint16]:
    """How near the nearest of `others` lies to each of `some`, [N]; FARTHEST where there are no others."""
    found = np.full(len(some), FARTHEST, np.uint16)
    if len(others):
        for rows in _slabs(len(some), len(others)):
            found[rows] = distances(some[rows], others).min(1)
    return found


def clusters(hashes: Hashes, most: int) -> NDArray[np.int64]:
    """A number for each hash, [N], the same for those that a chain of steps of at most `most` bits links.

    The number is the position of the chain's first. A hash leaves the search once it is found, so that ten thousand
    copies cost less than ten thousand strangers (20,000 strangers: about 10 s).
    """
    numbers = np.arange(len(hashes), dtype=np.int64)
    left = numbers.copy()
    while len(left):
        first, left = left[:1], left[1:]
        found = first
        while len(found) and len(left):
            near = nearest(hashes[left], hashes[found]) <= most
            found, left = left[near], left[~near]
            numbers[found] = first
    return numbers


def _slabs(rows: int, columns: int) -> Iterable[slice]:
    step = max(1, _PAIRS // max(columns, 1))
    return (slice(start, min(start + step, rows)) for start in range(0, rows, step))
