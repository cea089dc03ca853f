"""Files on this machine: folders walked, contents hashed."""

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path


def below(folder: str | Path, *, hidden: bool = True) -> Iterator[str | OSError]:
    """Every file below a folder in sorted order, links to folders not followed; with `hidden` those of a dot too.

    A folder that cannot be read comes as the error, which has its `filename`.
    """
    unreadable: list[OSError] = []
    for root, folders, files in os.walk(folder, onerror=unreadable.append):
        yield from unreadable
        unreadable.clear()
        folders[:] = sorted(name for name in folders if hidden or not name.startswith("."))
        shown = sorted(name for name in files if hidden or not name.startswith("."))
        yield from (os.path.join(root, name) for name in shown)  # noqa: PTH118 - 100,000 of them
    yield from unreadable


def sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
