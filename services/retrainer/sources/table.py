"""A CSV file with one picture a line, such as AI-or-Not's train.csv (id, label)."""

import csv
import hashlib
from collections import Counter
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from services.retrainer.data.samples import AI, HUMAN, Dataset, Sample
from shared.errors import ConfigurationError

Rows = Sequence[dict[str, str]]


def read(
    path: Path,
    *,
    ai_value: str = "",
    path_column: str = "path",
    label_column: str = "label",
    owner_column: str = "",
    kind_column: str = "",
    generator_column: str = "",
    root: str | Path = "",
) -> Dataset:
    """`ai_value` is what means AI in the column of labels: which of 0 and 1 it is, no table says.

    Paths start from `root`, from the CSV file's folder where it is empty. Without a column of owners a picture's owner
    is its SHA-256. Raises ConfigurationError for a column or a file that is not there, and for labels of more than
    two values.
    """
    rows = _rows(path, [path_column, label_column, owner_column, kind_column, generator_column])
    _check_labels(path, Counter(row[label_column] for row in rows), ai_value)
    folder = Path(root) if root else path.parent
    _check_files(path, [folder / row[path_column] for row in rows])

    def sample(row: dict[str, str]) -> Sample:
        file = folder / row[path_column]
        return Sample(
            name=row[path_column],
            label=AI if row[label_column] == ai_value else HUMAN,
            owner=row.get(owner_column) or hashlib.sha256(file.read_bytes()).hexdigest(),
            read=partial(file.read_bytes),
            kind=row.get(kind_column, ""),
            generator=row.get(generator_column, ""),
        )

    return Dataset(path.name, [sample(row) for row in rows])


def _rows(path: Path, columns: Sequence[str]) -> Rows:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            table = csv.DictReader(file)
            rows, header = list(table), table.fieldnames or []
    except (OSError, UnicodeDecodeError, csv.Error) as exc:
        raise ConfigurationError(f"{path} is no CSV file that can be read: {exc}") from exc
    missing = [column for column in columns if column and column not in header]
    if missing:
        raise ConfigurationError(f"{path} has no column {missing[0]!r}; it has {', '.join(header) or 'none'}")
    return rows


def _check_labels(path: Path, found: Counter[str], ai_value: str) -> None:
    values = ", ".join(f"{value!r} ({count})" for value, count in sorted(found.items()))
    if ai_value not in found:
        raise ConfigurationError(f"{path}: ai_value must be the value that means AI, one of: {values}")
    if len(found) > 2:
        raise ConfigurationError(f"{path}: labels must have two values, one of them AI; found: {values}")


def _check_files(path: Path, files: Sequence[Path]) -> None:
    missing = [file for file in files if not file.is_file()]
    if missing:
        raise ConfigurationError(
            f"{path}: {len(missing)} of {len(files)} files are not there, {missing[0]} the first; set root and "
            "path_column"
        )
    if len(set(files)) < len(files):
        raise ConfigurationError(f"{path} names {len(files) - len(set(files))} files twice")
