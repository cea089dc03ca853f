"""A model version as one file, `NAME-VERSION.jinwi`: a plain tar of its directory, in the one form written here.

Each file's header (POSIX.1-2024, pax, "ustar Interchange Format") follows from its name and size alone, the names stand
in order, and two blocks of zeros end it: the same version gives the same bytes everywhere, and `tar` unpacks it. The
reader takes only a header that is bytewise the one which would be written: no links, folders, sparse or long names,
extended headers, owners or times can even be said.
"""

import re
import tarfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import BinaryIO

from shared.errors import ArchiveRefused, ArchiveTruncated

MOST_FILES = 16

NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")

FILE_NAME = re.compile(r"(?P<name>[A-Za-z0-9._-]{1,200})-(?P<version>\d+\.\d+\.\d+)\.jinwi")
"""What the file of a version is called; where one is called so, it must be that version."""

SUFFIX = ".jinwi"

_BLOCK = 512
_END = bytes(2 * _BLOCK)
_PIECE = 1 << 20


def file_name(name: str, version: str) -> str:
    """What the archive of a version is called; what the model's name has beyond letters and digits becomes a hyphen."""
    plain = re.sub(r"[^A-Za-z0-9._-]+", "-", name).strip("-.") or "model"
    return f"{plain[:100]}-{version}{SUFFIX}"


def length(sizes: Mapping[str, int]) -> int:
    """Bytes of the archive of files of these sizes."""
    return sum(_BLOCK + _padded(size) for size in sizes.values()) + len(_END)


def pieces(sizes: Mapping[str, int], contents: Mapping[str, Iterable[bytes]]) -> Iterator[bytes]:
    """The archive, piece by piece; raises ArchiveRefused where a content has not the size that was said."""
    for name in sorted(sizes):
        yield _header(name, sizes[name])
        written = 0
        for piece in contents[name]:
            written += len(piece)
            yield piece
        if written != sizes[name]:
            raise ArchiveRefused(f"{name} has {written:,} bytes and not {sizes[name]:,}")
        yield bytes(_padded(written) - written)
    yield _END


def unpack(file: BinaryIO, into: Path, *, max_bytes: int) -> list[str]:
    """Write the files of an archive into the empty folder `into`; their names.

    All headers are read, and the whole length checked, before a byte is written. Raises ArchiveRefused, which is
    ArchiveTruncated where the file ends too early.
    """
    places = _contents(file, max_bytes)
    for name, (start, size) in places.items():
        file.seek(start)
        with (into / name).open("xb") as target:
            left = size
            while left:
                piece = file.read(min(left, _PIECE))
                target.write(piece)
                left -= len(piece)
    return list(places)


def _contents(file: BinaryIO, max_bytes: int) -> dict[str, tuple[int, int]]:
    """Of each file by name, where it begins and how many bytes it has."""
    total = file.seek(0, 2)
    if total > max_bytes:
        raise ArchiveRefused(f"it has {total:,} bytes; at most {max_bytes:,} are accepted")
    places: dict[str, tuple[int, int]] = {}
    at = file.seek(0)
    while (block := _read(file, _BLOCK)) != bytes(_BLOCK):
        name, size = _parsed(block)
        if places and name <= next(reversed(places)):
            raise ArchiveRefused(f"{name} is there twice or out of order")
        if len(places) == MOST_FILES:
            raise ArchiveRefused(f"it holds more than {MOST_FILES} files")
        places[name] = (at + _BLOCK, size)
        at += _BLOCK + _padded(size)
        if at > total:
            raise ArchiveTruncated
        file.seek(at - (_padded(size) - size))
        if any(_read(file, _padded(size) - size)):
            raise ArchiveRefused(f"there is something behind the end of {name}")
    if _read(file, _BLOCK) != bytes(_BLOCK) or file.read(1):
        raise ArchiveRefused("there is something behind its end")
    if not places:
        raise ArchiveRefused("it is empty")
    return places


def _parsed(block: bytes) -> tuple[str, int]:
    """Name and size of a header that is exactly as it would be written."""
    name, digits = block[:100].rstrip(b"\0").decode("latin-1"), block[124:135]
    if not NAME.fullmatch(name) or not re.fullmatch(rb"[0-7]{11}", digits):
        raise ArchiveRefused("it is no file of a model version")
    size = int(digits, 8)
    if block != _header(name, size):
        raise ArchiveRefused(f"the header of {name} says more than a name and a size")
    return name, size


def _header(name: str, size: int) -> bytes:
    info = tarfile.TarInfo(name)
    info.size = size
    return info.tobuf(tarfile.USTAR_FORMAT)


def _read(file: BinaryIO, size: int) -> bytes:
    content = file.read(size)
    if len(content) < size:
        raise ArchiveTruncated
    return content


def _padded(size: int) -> int:
    return -(-size // _BLOCK) * _BLOCK
