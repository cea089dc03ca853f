"""A file that tells how far it was read, for whoever sends it."""

import io
from collections.abc import Callable
from typing import BinaryIO

Progress = Callable[[int], None]
"""Told how many bytes more were read; fewer, below 0, when sending begins again."""


def ignore(_: int) -> None:
    """Progress that nobody watches."""


class Counted(io.RawIOBase, BinaryIO):
    def __init__(self, file: BinaryIO, progress: Progress) -> None:
        self._file = file
        self._progress = progress

    def read(self, size: int = -1, /) -> bytes:
        data = self._file.read(size)
        self._progress(len(data))
        return data

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        before = self._file.tell()
        after = self._file.seek(offset, whence)
        self._progress(after - before)
        return after

    def tell(self) -> int:
        return self._file.tell()

    def fileno(self) -> int:
        return self._file.fileno()
