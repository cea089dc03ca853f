"""What a person who looked at a data set wrote down: pictures to drop, and kinds.

A CSV file with the columns archive,path,decision,kind,reason. `path` is that of a picture, or of a folder, with `/`
at its end, for all in it that have no line of their own. `decision` is keep or drop; an empty `kind` leaves that of
the data set.
"""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from shared.errors import ConfigurationError

DECISIONS = ("keep", "drop")


@dataclass(frozen=True, kw_only=True, slots=True)
class Note:
    drop: bool = False
    kind: str = ""


def read_notes(path: Path, archive: str) -> Mapping[str, Note]:
    """Those on one archive, by path; raises ConfigurationError."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = [row for row in csv.DictReader(file) if row["archive"] == archive]
            wrong = [row for row in rows if row["decision"] not in DECISIONS]
            notes = {row["path"]: Note(drop=row["decision"] == "drop", kind=row["kind"]) for row in rows}
    except (OSError, UnicodeDecodeError, csv.Error, KeyError) as exc:
        raise ConfigurationError(f"notes: {path} is no CSV file of archive,path,decision,kind,reason: {exc!r}") from exc
    if wrong:
        raise ConfigurationError(f"notes: {path} decides {wrong[0]['decision']!r}; {' or '.join(DECISIONS)} is known")
    return notes


def note_on(path: str, notes: Mapping[str, Note]) -> Note:
    """That of the picture, else of its folder, else none."""
    return notes.get(path) or notes.get(path.rpartition("/")[0] + "/") or Note()
