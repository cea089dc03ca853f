"""Whether what a run left in its folder was written by the code that is to read it.

Checkpoints, embeddings and guard reports are one release's own: nobody keeps their forms alike, and a field more or a
rule changed makes them worth nothing to the next. A version directory is not of these; any later release reads one.
"""

import functools
import hashlib
import shutil
from pathlib import Path

ROOT = Path(__file__).parents[3]
PACKAGES = ("services/retrainer", "shared")

WORK = "work"
"""Below a run's folder: what only this code reads, and what says that it is this code."""

MARK = "code"


@functools.cache
def digest(root: Path = ROOT) -> str:
    """SHA-256, in hex, over all modules that may write or read such files: a number would be forgotten one day."""
    said = hashlib.sha256()
    for path in sorted(path for package in PACKAGES for path in (root / package).rglob("*.py")):
        said.update(f"{path.relative_to(root).as_posix()}\0".encode())
        said.update(hashlib.sha256(path.read_bytes()).digest())
    return said.hexdigest()


def is_of_other(folder: Path) -> bool:
    """Whether `folder` holds what other code wrote, or nobody knows which."""
    mark = folder / WORK / MARK
    return any(folder.iterdir()) and not (mark.is_file() and mark.read_text("ascii") == digest())


def forget(folder: Path) -> None:
    """Take away what only the code that wrote it reads."""
    shutil.rmtree(folder / WORK, ignore_errors=True)


def mark(folder: Path) -> None:
    """From here on what is written there is of this code."""
    (folder / WORK).mkdir(exist_ok=True)
    (folder / WORK / MARK).write_text(digest(), "ascii")
