"""The files of a data set by name, be they in a folder or in a tar archive."""

import hashlib
import re
import tarfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath

from services.retrainer.sources import words
from shared.errors import ConfigurationError

IMAGES = {".avif", ".bmp", ".gif", ".heic", ".heif", ".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp"}
ARCHIVE = re.compile(r"\.(tar|tgz|tbz2|txz)(\.\w+)?$")

Read = Callable[[], bytes]


@dataclass(frozen=True, kw_only=True, slots=True)
class Files:
    """`name` is that of the folder or archive, without `.tar` and what follows; `readers` go by path from its root,
    with `/`, in the order of the paths. They can be pickled.
    """

    name: str
    readers: Mapping[str, Read]

    @property
    def images(self) -> list[str]:
        """What is a picture by its suffix."""
        return [name for name in self.readers if PurePosixPath(name).suffix.lower() in IMAGES]

    def text(self, name: str) -> str:
        """A table's text; a byte order mark, as spreadsheets write it, is left out."""
        return self.readers[name]().decode("utf-8-sig")

    def digest(self, name: str) -> str:
        """SHA-256 of a file in hex."""
        return hashlib.sha256(self.readers[name]()).hexdigest()


def open_files(path: Path) -> Files:
    """Everything below a folder or in an archive but what is hidden (a part of its path begins with `.`).

    A plain tar is read from its place when asked, a compressed one is unpacked into memory at once. The one folder
    that holds all of an archive is taken off its paths. Raises ConfigurationError where `path` is neither.
    """
    if path.is_dir():
        readers: dict[str, Read] = {
            file.relative_to(path).as_posix(): file.read_bytes for file in path.rglob("*") if file.is_file()
        }
    else:
        readers = _without_top(_archived(path))
    shown = {name: readers[name] for name in sorted(readers) if not re.search(r"(^|/)\.", name)}
    return Files(name=ARCHIVE.sub("", path.resolve().name), readers=shown)


def _archived(path: Path) -> dict[str, Read]:
    try:
        try:
            return _plain(path)
        except tarfile.ReadError:
            return _unpacked(path)
    except (OSError, EOFError, tarfile.TarError) as exc:
        raise ConfigurationError(f"{path} is neither a folder nor a tar archive that can be read: {exc}") from exc


def _plain(path: Path) -> dict[str, Read]:
    with tarfile.open(path, "r:") as archive:
        return {
            _clean(member.name): partial(_part, path, member.offset_data, member.size)
            for member in archive
            if member.isreg()
        }


def _part(path: Path, start: int, size: int) -> bytes:
    with path.open("rb") as file:
        file.seek(start)
        return file.read(size)


def _unpacked(path: Path) -> dict[str, Read]:
    with tarfile.open(path, "r|*") as archive:
        return {
            _clean(member.name): partial(bytes, content.read())
            for member in archive
            if member.isreg() and (content := archive.extractfile(member))
        }


def _clean(name: str) -> str:
    return PurePosixPath(name).as_posix().lstrip("/")


def _without_top(readers: dict[str, Read]) -> dict[str, Read]:
    """Unless that folder's name says something, as `train` or `ai` do."""
    tops = {name.partition("/")[0] for name in readers if "/" in name}
    if len(tops) != 1 or any("/" not in name for name in readers) or words.speaks(*tops):
        return readers
    return _without_top({name.partition("/")[2]: read for name, read in readers.items()})
