"""What the command line was given, as images: folders walked, files told by their first bytes."""

import re
import stat
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from jinwi.inputs.files import below
from jinwi.texts import problems
from jinwi.transport.flow import is_link

HEAD_BYTES = 256

# RFC 3986, section 3.1.
_ADDRESS = re.compile(r"[a-z][a-z0-9+.-]*://", re.IGNORECASE)

_MAGIC = (
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
)
# The brands of ISO/IEC 23008-12 files: who wrote them, and what they are compatible with.
_AVIF = frozenset({b"avif", b"avis"})
_HEIC = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs"})


@dataclass(frozen=True, kw_only=True, slots=True)
class Input:
    """One thing to verify: `name` is what the user typed or what stands below it, `path` None for a link.

    `problem` is what keeps it from being sent at all.
    """

    number: int
    name: str
    path: Path | None
    problem: Mapping[str, str] | None = None

    @property
    def key(self) -> str:
        """The same from whichever folder the command is run."""
        return str(self.path.absolute()) if self.path else self.name


def names(arguments: Sequence[str]) -> Iterator[str | OSError]:
    """Every link and every file, folders walked, those that cannot be read as the error."""
    for argument in arguments:
        if is_address(argument) or not Path(argument).is_dir():
            yield argument
        else:
            yield from below(argument)


def find(arguments: Sequence[str]) -> Iterator[Input | str]:
    """The images among them, and the names of the files in folders that are none.

    What was named itself and is none, and a folder that cannot be read, come as an input with the problem.
    """
    typed = frozenset(arguments)
    for number, name in enumerate(names(arguments)):
        if isinstance(name, OSError):
            folder = Path(name.filename)
            yield Input(number=number, name=str(folder), path=folder, problem=problems.unreadable(name))
        elif is_address(name):
            problem = None if is_link(name) else problems.unsupported_link(name)
            yield Input(number=number, name=name, path=None, problem=problem)
        elif _may_be_image(path := Path(name)):
            yield Input(number=number, name=name, path=path)
        elif name in typed:
            problem = problems.empty() if _is_empty(path) else problems.unsupported_format()
            yield Input(number=number, name=name, path=path, problem=problem)
        else:
            yield name


def is_address(argument: str) -> bool:
    """Whether it is a link of any scheme, and no path."""
    return _ADDRESS.match(argument) is not None


def media_type(head: bytes) -> str | None:
    """The media type of the image that begins with `head`; None when it is of no accepted format."""
    for magic, kind in _MAGIC:
        if head.startswith(magic):
            return kind
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "image/webp"
    if head[4:8] != b"ftyp":
        return None
    box = head[8 : int.from_bytes(head[:4], "big")]
    brands = {box[start : start + 4] for start in range(0, len(box), 4)}
    if brands & _AVIF:
        return "image/avif"
    return "image/heic" if brands & _HEIC else None


def _may_be_image(path: Path) -> bool:
    """A file that cannot be read passes, so that its error is reported and not taken for another format."""
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            return False
        with path.open("rb") as file:
            return media_type(file.read(HEAD_BYTES)) is not None
    except OSError:
        return True


def _is_empty(path: Path) -> bool:
    """A file without a byte: a download or a copy that broke off. A device is none, whatever its size says."""
    return path.is_file() and path.stat().st_size == 0
