"""A folder of labelled images as the command line finds it: whose each is, and which is under both labels."""

import stat
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from jinwi.inputs.files import below, sha256
from jinwi.inputs.find import HEAD_BYTES, media_type
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
    """`outside` lie in no folder with a label, `both` are one image under two labels.

    What is left out besides: `strange` are no images, `empty` hold nothing, `unreadable` files and folders cannot be
    opened, and `twins` have the bytes of another under the same label, which stands second.
    """

    images: Sequence[Labelled] = ()
    outside: Sequence[Path] = ()
    both: Sequence[tuple[Path, Path]] = ()
    strange: Sequence[Path] = ()
    empty: Sequence[Path] = ()
    unreadable: Sequence[Path] = ()
    twins: Sequence[tuple[Path, Path]] = ()

    @property
    def left_out(self) -> int:
        return len(self.strange) + len(self.empty) + len(self.twins)


def find(folder: Path, *, owner_by_folder: bool) -> Found:
    """Everything below `folder` but what is hidden. The class is the folder nearest to it that has a label's name, the
    owner the first folder below that; those of an official split (train, test …) are passed over.
    """
    by_hash: dict[str, dict[Label, Labelled]] = defaultdict(dict)
    twins: list[tuple[Path, Path]] = []
    sorted_out: dict[str, list[Path]] = {"outside": [], "strange": [], "empty": [], "unreadable": []}
    for name in below(folder, hidden=False):
        if isinstance(name, OSError):
            sorted_out["unreadable"].append(Path(name.filename))
            continue
        path = Path(name)
        label, owner = _place(path.relative_to(folder).as_posix())
        try:
            why = _unfit(path) or (None if label else "outside")
            digest = "" if why else sha256(path)
        except OSError:
            why = "unreadable"
        if why or label is None:
            sorted_out[why or "outside"].append(path)
            continue
        one = Labelled(path=path, sha256=digest, label=label, owner=owner if owner_by_folder else None)
        first = by_hash[digest].setdefault(label, one)
        if first is not one:
            twins.append((path, first.path))
    return Found(
        images=[one for labels in by_hash.values() for one in labels.values() if len(labels) == 1],
        both=[(labels[Label.HUMAN].path, labels[Label.AI].path) for labels in by_hash.values() if len(labels) > 1],
        twins=twins,
        **sorted_out,
    )


def _unfit(path: Path) -> str | None:
    """Why a file is no image, by its first bytes; None where it may be one."""
    if not stat.S_ISREG(path.stat().st_mode):
        # A pipe would be waited for.
        return "strange"
    with path.open("rb") as file:
        head = file.read(HEAD_BYTES)
    return "empty" if not head else None if media_type(head) else "strange"


def _place(name: str) -> tuple[Label | None, str | None]:
    """Label and owner by a path from the root."""
    folders = [folder for folder in PurePosixPath(name).parts[:-1] if folder.lower() not in SPLITS]
    at = next((index for index, folder in enumerate(folders) if folder.lower() in FOLDERS), None)
    if at is None:
        return None, None
    below = folders[at + 1 :]
    return FOLDERS[folders[at].lower()], below[0][:LONGEST_OWNER] if below else None
