"""A manifest of a data set: what a version was trained on, file by file, so that it can be shown later.

JSON lines: the first names the set, counts it and gives the digest of the lines that follow, one a picture, ordered by
name. Equal data sets give equal manifests, byte for byte.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from services.retrainer.data.samples import Dataset, Sample
from shared.errors import ConfigurationError


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """One picture; `sha256` is that of its file."""

    name: str
    sha256: str
    label: int
    owner: str
    kind: str
    generator: str
    part: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Manifest:
    """`digest` is the SHA-256 of the entries as they are written."""

    dataset: str
    digest: str
    entries: Sequence[Entry]


def manifest(dataset: Dataset) -> Manifest:
    """Reads every file once."""
    entries = [_entry(sample) for sample in sorted(dataset.samples, key=lambda sample: sample.name)]
    return Manifest(dataset=dataset.name, digest=_digest(entries), entries=entries)


def write(dataset: Dataset, path: Path) -> Manifest:
    """Write the manifest of a data set to a file."""
    made = manifest(dataset)
    head = {"dataset": made.dataset, "images": len(made.entries), "digest": made.digest}
    path.write_text("\n".join([json.dumps(head, ensure_ascii=False), *map(_line, made.entries)]) + "\n", "utf-8")
    return made


def read(path: Path) -> Manifest:
    """Raises ConfigurationError for a file that is no manifest, or not whole."""
    try:
        head, *lines = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
        found = Manifest(dataset=head["dataset"], digest=head["digest"], entries=[Entry(**line) for line in lines])
    except (OSError, ValueError, TypeError, KeyError) as exc:
        raise ConfigurationError(f"{path} is no manifest of a data set: {exc!r}") from exc
    if found.digest != _digest(found.entries):
        raise ConfigurationError(f"{path} was changed after it was written: its digest does not match")
    return found


def verify(dataset: Dataset, expected: Manifest) -> list[str]:
    """What differs from the manifest, a sentence a picture; nothing where the data set is the one that it describes."""
    now = {entry.name: entry for entry in manifest(dataset).entries}
    then = {entry.name: entry for entry in expected.entries}
    differences = []
    for name in sorted(now.keys() | then.keys()):
        if name not in now:
            differences.append(f"{name} is missing")
        elif name not in then:
            differences.append(f"{name} is new")
        elif now[name] != then[name]:
            differences.append(f"{name}: {_changed(then[name], now[name])}")
    return differences


def _entry(sample: Sample) -> Entry:
    return Entry(
        name=sample.name,
        sha256=hashlib.sha256(sample.read()).hexdigest(),
        label=sample.label,
        owner=sample.owner,
        kind=sample.kind,
        generator=sample.generator,
        part=sample.part,
    )


def _line(entry: Entry) -> str:
    return json.dumps(asdict(entry), ensure_ascii=False)


def _digest(entries: Sequence[Entry]) -> str:
    return hashlib.sha256("".join(_line(entry) + "\n" for entry in entries).encode()).hexdigest()


def _changed(then: Entry, now: Entry) -> str:
    old, new = asdict(then), asdict(now)
    return ", ".join(f"{field} was {old[field]!r}, is {new[field]!r}" for field in old if old[field] != new[field])
