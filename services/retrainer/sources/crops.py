"""A folder or archive with a table of its pictures, labels.csv: path,label,kind,group,generator.

`label` is human or ai, `group` where a picture was found; `owners.py` says who owns a group.
"""

import csv
import io
from collections.abc import Mapping
from pathlib import Path

from services.retrainer.data.samples import AI, HUMAN, Dataset, Sample
from services.retrainer.sources.files import Files
from services.retrainer.sources.layout import Layout
from services.retrainer.sources.notes import Note, note_on, read_notes
from services.retrainer.sources.owners import owner_of, read_same
from shared.errors import ConfigurationError

TABLE = "labels.csv"
COLUMNS = ("path", "label", "kind", "group", "generator")
LABELS = {"human": HUMAN, "ai": AI}


def fits(files: Files) -> bool:
    return TABLE in files.readers


def read(files: Files, *, notes: str | Path = "", owners: str | Path = "") -> Dataset:
    """`notes` is a CSV file as notes.py describes it, `owners` one as owners.py does.

    Raises ConfigurationError where the table is wrong or names a file that is not there.
    """
    noted = read_notes(Path(notes), files.name) if notes else {}
    same = read_same(Path(owners)) if owners else {}
    rows = [row for row in _rows(files) if not note_on(row["path"], noted).drop]
    return Dataset(files.name, [_sample(files, row, noted, same) for row in rows])


def _rows(files: Files) -> list[dict[str, str]]:
    table = csv.DictReader(io.StringIO(files.text(TABLE), newline=""))
    if not set(COLUMNS) <= set(table.fieldnames or []):
        raise ConfigurationError(f"{files.name}/{TABLE} must have the columns {', '.join(COLUMNS)}")
    rows = list(table)
    for row in rows:
        if row["label"] not in LABELS:
            raise ConfigurationError(f"{files.name}/{TABLE}: {row['path']} is {row['label']!r}, not human or ai")
        if row["path"] not in files.readers:
            raise ConfigurationError(f"{files.name}/{TABLE} names {row['path']}, which is not there")
    return rows


def _sample(files: Files, row: dict[str, str], notes: Mapping[str, Note], same: Mapping[str, str]) -> Sample:
    owner = owner_of(row["group"])
    return Sample(
        name=row["path"],
        label=LABELS[row["label"]],
        owner=same.get(owner, owner),
        read=files.readers[row["path"]],
        kind=note_on(row["path"], notes).kind or row["kind"],
        generator=row["generator"],
    )


CROPS = Layout(
    name="crops",
    looks_for=f"{TABLE} ({','.join(COLUMNS)}) with its pictures",
    fits=fits,
    read=read,
)
