"""Any tree of pictures made by people, such as COCO's or Unsplash's.

The owner of a picture is its photographer where an Unsplash table beside it (photos.tsv000 …, or photos.csv000 …)
knows the file's name; else the SHA-256 of the file: COCO's annotations do not name photographers.
"""

import csv
import io
import re
from pathlib import PurePosixPath

from services.retrainer.data.samples import HUMAN, Dataset, Sample
from services.retrainer.sources.files import Files
from services.retrainer.sources.layout import Layout
from shared.errors import ConfigurationError

COLUMNS = ("photo_id", "photographer_username")
UNSPLASH_TABLE = re.compile(r"(.*/)?photos\.[ct]sv\d*")


def read(files: Files, *, kind: str = "photo") -> Dataset:
    photographers = _photographers(files)
    samples = [
        Sample(
            name=name,
            label=HUMAN,
            owner=photographers.get(PurePosixPath(name).stem) or files.digest(name),
            read=files.readers[name],
            kind=kind,
        )
        for name in files.images
    ]
    if not samples:
        raise ConfigurationError(f"{files.name} holds no pictures")
    return Dataset(files.name, samples)


def _photographers(files: Files) -> dict[str, str]:
    """By photo_id, which is the stem of a downloaded file's name."""
    found: dict[str, str] = {}
    for name in filter(UNSPLASH_TABLE.fullmatch, files.readers):
        text = files.text(name)
        rows = csv.DictReader(io.StringIO(text, newline=""), delimiter="\t" if "\t" in text.partition("\n")[0] else ",")
        if not set(COLUMNS) <= set(rows.fieldnames or []):
            raise ConfigurationError(f"{files.name}/{name} is no table of Unsplash's: it lacks {' or '.join(COLUMNS)}")
        found |= {row["photo_id"]: row["photographer_username"] for row in rows}
    return found


HUMAN_ONLY = Layout(
    name="human_only",
    looks_for="never guessed: say human_only:PATH where people made all of it",
    fits=lambda _: False,
    read=read,
)
