"""The spaces that a model's embeddings lie in, and what an embedding comes to as bits that any PostgreSQL compares.

An embedding is kept as a thermometer code: each of its numbers as how many of some levels it passes, in as many bits.
In how many bits two codes differ is then the city-block distance of the two rows of levels (Gionis, Indyk and Motwani,
"Similarity Search in High Dimensions via Hashing", VLDB 1999, section 3). The levels are quantiles of the network's own
gold, so that each number counts alike, however it is scaled, and one odd number decides nothing.
"""

import hashlib
import io
import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from shared.domain.embedding import BITS, EmbeddingCode, EmbeddingSpace
from shared.domain.job import Lane
from shared.domain.model_card import ModelCard
from shared.errors import ModelRefused

WEIGHTS, GOLD = "model.safetensors", "gold.npz"

HEAD = "head."
"""What the names of the head's weights begin with: they come behind the embedding and change nothing in it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Space:
    """Embeddings can be compared where they lie in a space of the same `id`, 32 bytes.

    `levels` is float32 [L, D], rising along L.
    """

    id: bytes
    levels: NDArray[np.float32]

    @property
    def bits(self) -> int:
        """How many bits of a code say anything; the others are 0."""
        return self.levels.size

    def code(self, embedding: NDArray[np.float32]) -> EmbeddingCode:
        """Of an embedding float32 [D]."""
        passed = np.zeros(BITS, np.bool_)
        passed[: self.bits] = (embedding > self.levels).ravel()
        return EmbeddingCode(space=self.id, code=np.packbits(passed).tobytes())

    def packed(self) -> EmbeddingSpace:
        """As it is kept."""
        return EmbeddingSpace(id=self.id, levels=self.levels.astype("<f4").tobytes(), size=self.levels.shape[1])

    @classmethod
    def unpacked(cls, kept: EmbeddingSpace) -> Self:
        return cls(id=kept.id, levels=np.frombuffer(kept.levels, "<f4").reshape(-1, kept.size).astype(np.float32))


def spaces(files: Mapping[str, bytes], card: ModelCard) -> dict[Lane, Space]:
    """Of a version with these verified `files`, one for each lane: lanes look at other tiles of a picture.

    None for a version that gives no embeddings, or has not the weights and the gold that a space is known by, or too
    many numbers for a code. Raises ModelRefused where these cannot be read.
    """
    if not card.embedding_size or card.embedding_size > BITS or not {WEIGHTS, GOLD} <= files.keys():
        return {}
    try:
        below = body(files[WEIGHTS])
        with np.load(io.BytesIO(files[GOLD]), allow_pickle=False) as gold:
            rows, lanes = gold["quantised"], gold["lanes"]
            levels = {lane: _levels(rows[lanes == lane.value], gold["scale"]) for lane in Lane}
    except (OSError, ValueError, KeyError, TypeError, zipfile.BadZipFile) as exc:
        raise ModelRefused(f"the space of the embeddings cannot be made of {WEIGHTS} and {GOLD}: {exc}") from exc
    seen = card.input.document()
    return {
        lane: Space(id=_named(below, seen, lane), levels=rising)
        for lane, rising in levels.items()
        if rising is not None
    }


def body(weights: bytes) -> bytes:
    """The SHA-256 of all weights but the head's, by name, type, shape and value, in the order of their names.

    Read as the safetensors format says: the length of a JSON header, the header, then the values.
    """
    length = int.from_bytes(weights[:8], "little")
    header = json.loads(weights[8 : 8 + length])
    values = memoryview(weights)[8 + length :]
    found = hashlib.sha256()
    for name in sorted(header.keys() - {"__metadata__"}):
        if name.startswith(HEAD):
            continue
        tensor = header[name]
        start, end = tensor["data_offsets"]
        found.update(json.dumps([name, tensor["dtype"], tensor["shape"]]).encode())
        found.update(values[start:end])
    return found.digest()


def _named(below: bytes, seen: Mapping[str, Any], lane: Lane) -> bytes:
    """By the weights, and by which tiles of a picture they are shown."""
    shown = {**seen, "views": seen["views"][lane.value]} if "views" in seen else dict(seen)
    return hashlib.sha256(below + json.dumps(shown, sort_keys=True).encode()).digest()


def _levels(rows: NDArray[np.int8], scale: NDArray[np.float32]) -> NDArray[np.float32] | None:
    """As many quantiles of each number as a code has room for; None where there are fewer rows than these.

    Between two of the 255 values that the numbers of gold have, so that no number of gold lies upon a level.
    """
    count = BITS // rows.shape[1]
    if len(rows) < count:
        return None
    # "stable" is a radix sort where numbers are small: ten times as fast.
    ordered = np.sort(np.ascontiguousarray(rows.T), axis=1, kind="stable")
    at = (np.arange(1, count + 1) * len(rows)) // (count + 1)
    levels: NDArray[np.float32] = (ordered[:, at].T.astype(np.float32) - 0.5) * scale
    return levels
