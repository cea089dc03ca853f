"""Blocks of metadata as they stand in a file, no more of them than the limits allow."""

from dataclasses import dataclass, field

from shared.provenance.limits import BLOCK_BYTES, MOST_BLOCKS, MOST_STEPS, TOTAL_BYTES


class Full(Exception):
    """A limit is reached: what follows is not read."""


@dataclass(frozen=True, slots=True)
class Block:
    """`data` as found in the file at `where`, as in `JPEG APP1`; `name` is a text chunk's keyword."""

    where: str
    data: bytes
    name: str = ""


@dataclass(slots=True)
class Blocks:
    """Filled by the walk over a container. `complete` is False where a limit ended the walk or cut a block."""

    exif: list[Block] = field(default_factory=list)
    xmp: list[Block] = field(default_factory=list)
    iim: list[Block] = field(default_factory=list)
    texts: list[Block] = field(default_factory=list)
    manifest: str | None = None
    """Where a C2PA manifest stands."""
    complete: bool = True
    _left: int = TOTAL_BYTES
    _steps: int = MOST_STEPS

    def step(self) -> None:
        """Count one segment, chunk or box; raises Full."""
        self._steps -= 1
        if self._steps < 0:
            raise Full

    def add(self, kept: list[Block], where: str, data: bytes | memoryview, name: str = "") -> None:
        """Keep a block in one of the lists above; raises Full."""
        count = len(self.exif) + len(self.xmp) + len(self.iim) + len(self.texts)
        if count >= MOST_BLOCKS or self._left <= 0:
            raise Full
        most = min(BLOCK_BYTES, self._left)
        self.complete &= len(data) <= most
        block = Block(where, bytes(data[:most]), name)
        self._left -= len(block.data)
        kept.append(block)
