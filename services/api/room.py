"""Room for what arrives, in memory and on the disk: as many bytes at a time as there is place for."""

from collections import Counter
from collections.abc import Generator, Hashable
from contextlib import contextmanager

from services.api.spool import Crowded

LOOK_AGAIN_SECONDS = 3
"""What `Retry-After` asks: most pictures arrive and are stored in less."""


class Room:
    """Holds `size` bytes, and of a single holder at most half of them, so that no one takes it all.

    It belongs to one event loop: it is not to be shared between threads.
    """

    def __init__(self, size: int) -> None:
        self._size = size
        self._held: Counter[Hashable] = Counter()

    @contextmanager
    def held(self, holder: Hashable, size: int) -> Generator[None]:
        """Keep room for `size` bytes; raises Crowded where there is none."""
        if self._held.total() + size > self._size or self._held[holder] + size > self._size // 2:
            raise Crowded(LOOK_AGAIN_SECONDS)
        self._held[holder] += size
        try:
            yield
        finally:
            self._held -= Counter({holder: size})
