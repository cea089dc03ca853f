"""The memory of a long run, for `--resume`: an append-only file of JSON lines.

    {"journal": ID, "url": …, "lane": …}    the first line
    {"input": …, "job": ID}                 submitted
    {"input": …, "ended": {…}}              ended, with the line that --json prints

A line is written whole or, at a crash, cut off at the end of the file; a cut-off line is dropped.
"""

import json
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

from jinwi.errors import JinwiError


class NotAJournal(JinwiError):
    """The file holds something else, and stays as it is."""


class Journal:
    """Holds an offset or a job's id for each input, never a result: 100,000 inputs take some 20 MB."""

    def __init__(self, path: Path, *, url: str, lane: str) -> None:
        """Open the journal, whose own `url` and `lane` hold, or begin it; raises NotAJournal."""
        self._known: dict[str, int | str] = {}
        # Unbuffered, so that each line is with the operating system before the next request is sent.
        self._file = path.open("a+b", buffering=0)
        try:
            header = self._load() or self._begin(url, lane)
            self._id, self.url, self.lane = uuid.UUID(header["journal"]), header["url"], header["lane"]
        except (ValueError, KeyError, TypeError, AttributeError) as exc:
            self._file.close()
            raise NotAJournal(str(path)) from exc

    def submission_key(self, key: str) -> str:
        """The idempotency key of this input: the same after a crash between submission and `submitted`."""
        return uuid.uuid5(self._id, ascii(key)).hex

    def job(self, key: str) -> str | None:
        """The job that this input was submitted as, if it was, and has not ended."""
        known = self._known.get(key)
        return known if isinstance(known, str) else None

    def ended(self, key: str) -> dict[str, Any] | None:
        """How this input ended in an earlier run, if it did."""
        known = self._known.get(key)
        if not isinstance(known, int):
            return None
        with Path(self._file.name).open("rb") as file:
            file.seek(known)
            document: dict[str, Any] = json.loads(file.readline())["ended"]
        return document

    def note_submitted(self, key: str, job_id: str) -> None:
        self._append({"input": key, "job": job_id})

    def note_ended(self, key: str, document: Mapping[str, Any]) -> None:
        self._append({"input": key, "ended": document})

    def close(self) -> None:
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _begin(self, url: str, lane: str) -> Mapping[str, str]:
        header = {"journal": str(uuid.uuid4()), "url": url, "lane": lane}
        self._append(header)
        return header

    def _load(self) -> Mapping[str, str] | None:
        """Read what is there and cut off a line without an end; None when there is nothing."""
        header: Mapping[str, str] | None = None
        offset = 0
        with Path(self._file.name).open("rb") as file:
            for line in file:
                if not line.endswith(b"\n"):
                    break
                entry = json.loads(line)
                if header is None:
                    header = entry
                else:
                    self._known[entry["input"]] = offset if "ended" in entry else entry["job"]
                offset += len(line)
        if header is not None:
            self._file.truncate(offset)
        elif self._file.tell():
            raise ValueError("not one whole line")
        return header

    def _append(self, entry: Mapping[str, Any]) -> None:
        self._file.write(json.dumps(entry).encode() + b"\n")
