"""What tells a picture again in another form: its perceptual hash."""

from dataclasses import dataclass

BYTES = 32

NEAR = 31
"""At most so many of 256 bits apart: the same picture in another form.

The threshold that PDQ's makers recommend (Meta, "The TMK+PDQF Video-Hashing Algorithm and the PDQ Image-Hashing
Algorithm", 2019). Pictures that have nothing in common lie about 128 apart.
"""

SURE_QUALITY = 50
"""Below this quality a hash says little: pictures with few edges, which have nothing else in common, share it.

Also from the paper.
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class Fingerprint:
    """`pdq` is 32 bytes, `quality` 0 … 100: how much there is in the picture for the hash to go by."""

    pdq: bytes
    quality: int

    def __post_init__(self) -> None:
        if len(self.pdq) != BYTES:
            raise ValueError(f"a PDQ hash has {BYTES} bytes, not {len(self.pdq)}")
        if not 0 <= self.quality <= 100:
            raise ValueError(f"the quality of a PDQ hash is 0 to 100, not {self.quality}")

    @property
    def is_sure(self) -> bool:
        """Whether nearness to this hash means anything."""
        return self.quality >= SURE_QUALITY


def distance(one: bytes, other: bytes) -> int:
    """In how many of their 256 bits two PDQ hashes differ."""
    return (int.from_bytes(one) ^ int.from_bytes(other)).bit_count()
