"""A folder of labelled images as the command line finds it: whose each is, and which is under both labels."""

import hashlib
import os
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from jinwi.inputs import HEAD_BYTES, media_type
from shared.domain.labels import FOLDERS, SPLITS, Label

LONGEST_OWNER = 200


@dataclass(frozen=True, kw_only=True, slots=True)
class Labelled:
    """`owner` is None where no folder names one: the image then stands for itself."""

    path: Path
    sha256: str
    label: Label
    owner: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Found:
    """`outside` lie in no folder with a label, `strange` are no images, `both` are one image under two labels."""

    images: Sequence[Labelled] = ()
    outside: Sequence[Path] = ()
    strange: Sequence[Path] = ()
    both: Sequence[tuple[Path, Path]] = field(default=())


def find(folder: Path, *, owner_by_folder: bool) -> Found:
    """Everything below `folder` but what is hidden. The class is the folder nearest to it that has a label's name, the
    owner the first folder below that; those of an official split (train, test …) are passed over.

    Raises OSError for a file that cannot be read.
    """
    by_hash: dict[str, dict[Label, Labelled]] = defaultdict(dict)
    outside, strange = [], []
    for path in _files(folder):
        if not _is_image(path):
            strange.append(path)
            continue
        label, owner = _place(path.relative_to(folder).as_posix())
        if label is None:
            outside.append(path)
            continue
        with path.open("rb") as file:
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        one = Labelled(path=path, sha256=sha256, label=label, owner=owner if owner_by_folder else None)
        by_hash[sha256].setdefault(label, one)
    return Found(
        images=[one for labels in by_hash.values() for one in labels.values() if len(labels) == 1],
        outside=outside,
        strange=strange,
        both=[(labels[Label.HUMAN].path, labels[Label.AI].path) for labels in by_hash.values() if len(labels) > 1],
    )


def _files(folder: Path) -> Iterator[Path]:
    for root, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        yield from (Path(root, name) for name in sorted(files) if not name.startswith("."))


def _is_image(path: Path) -> bool:
    with path.open("rb") as file:
        return media_type(file.read(HEAD_BYTES)) is not None


def _place(name: str) -> tuple[Label | None, str | None]:
    """Label and owner by a path from the root."""
    folders = [folder for folder in PurePosixPath(name).parts[:-1] if folder.lower() not in SPLITS]
    at = next((index for index, folder in enumerate(folders) if folder.lower() in FOLDERS), None)
    if at is None:
        return None, None
    below = folders[at + 1 :]
    return FOLDERS[folders[at].lower()], below[0][:LONGEST_OWNER] if below else None
