"""What an embedding is kept as: a code of bits, with the space that it lies in.

Distances are shares of the bits that say anything, in [0, 1]. What is near was measured with version 1.1.1
(docs/how-to/similar.md): pictures that have nothing to do with one another lie about 0.33 apart.
"""

from dataclasses import dataclass
from enum import StrEnum

BITS = 4096
"""Of a code."""

BYTES = BITS // 8

CLOSE = 0.06
"""At most so far apart lies hardly more than 1 in 1,000 pairs of unrelated pictures, most of them plain graphics."""

NEAR = 0.12
"""At most so far apart lie 1 to 7 in 1,000 pairs of unrelated pictures. What lies further is not shown."""


class Likeness(StrEnum):
    """A word for a distance."""

    CLOSE = "close"
    LOOSE = "loose"
    FAR = "far"


def likeness(distance: float | None) -> Likeness | None:
    """None where the distance is not known."""
    if distance is None:
        return None
    if distance > NEAR:
        return Likeness.FAR
    return Likeness.CLOSE if distance <= CLOSE else Likeness.LOOSE


@dataclass(frozen=True, kw_only=True, slots=True)
class EmbeddingCode:
    """`space` is 32 bytes, `code` 512: two codes can be compared where their spaces are the same, and only there."""

    space: bytes
    code: bytes

    def __post_init__(self) -> None:
        if len(self.space) != 32:
            raise ValueError(f"a space is known by 32 bytes, not {len(self.space)}")
        if len(self.code) != BYTES:
            raise ValueError(f"the code of an embedding has {BYTES} bytes, not {len(self.code)}")


@dataclass(frozen=True, kw_only=True, slots=True)
class EmbeddingSpace:
    """A space as it is kept: `levels` are little-endian float32, level after level of `size` numbers each."""

    id: bytes
    levels: bytes
    size: int
