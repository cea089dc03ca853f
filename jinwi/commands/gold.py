"""`jinwi gold`: labelled images to the server, counted and taken back."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal

from jinwi.calls.call import Document
from jinwi.calls.gold import GoldFilters
from jinwi.client import Client
from jinwi.commands.connection import connect, open_client
from jinwi.errors import Refused
from jinwi.inputs.files import sha256
from jinwi.inputs.labelled import Found, Labelled, find
from jinwi.session import Complaint, explain
from jinwi.terminal import Terminal, local_time, print_lines
from jinwi.transport.window import as_each_ends
from jinwi.views.bar import bar

OF_THE_KEY = {401, 403}
"""Answers that every further image would get too."""

_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, kw_only=True, slots=True)
class Order:
    """What `jinwi gold add` was asked for; `guard` is the share of new owners that judge."""

    folder: Path
    guard: float
    owner_by: Literal["folder", "file"]
    kind: str | None
    concurrency: int
    json: bool


def add(terminal: Terminal, order: Order) -> int:
    """Send what is not there yet; the exit code, 1 where an image was refused. Raises Complaint."""
    if not order.folder.is_dir():
        raise Complaint(terminal.language.not_found.format(name=order.folder), code=2)
    found = find(order.folder, owner_by_folder=order.owner_by == "folder")
    _name_left_out(terminal, found)
    _require_labels(terminal, order.folder, found)
    server = connect(terminal)
    with Client(server.url, server.key) as client:
        there = {image["sha256"]: image["label"] for image in client.gold.images()}
        added, refused = _send(terminal, order, client, [one for one in found.images if one.sha256 not in there])
        counts = client.gold.counts()
    refused += len(found.unreadable) + _name_contradictions(terminal, found, there)
    already = sum(there.get(one.sha256) == one.label for one in found.images)
    parts = Counter(document["part"] for document in added)
    counted = {
        "added": len(added),
        "train": parts["train"],
        "guard": parts["guard"],
        "there": already,
        "skipped": found.left_out,
        "refused": refused,
    }
    if order.json:
        print_lines([counted])
    else:
        terminal.say(terminal.language.gold_added.format(**counted))
    _name_gaps(terminal, counts)
    return 1 if refused else 0


def _name_gaps(terminal: Terminal, counts: Sequence[Document]) -> None:
    """Few owners may all fall into one part: nothing can then be learned, or nothing judged."""
    filled = {(row["part"], row["label"]) for row in counts}
    for part in ("train", "guard"):
        for label in ("human", "ai"):
            if (part, label) not in filled:
                terminal.note(terminal.language.gold_gap.format(part=part, label=label))


def _name_left_out(terminal: Terminal, found: Found) -> None:
    language = terminal.language
    whys = ((language.skipped, found.strange), (language.skipped_empty, found.empty))
    for text, paths in (*whys, (language.skipped_unreadable, found.unreadable)):
        for path in paths:
            terminal.note(text.format(name=path))
    for path, first in found.twins:
        terminal.note(language.skipped_twin.format(name=path, first=first))


def _require_labels(terminal: Terminal, folder: Path, found: Found) -> None:
    language = terminal.language
    if found.outside:
        text = language.gold_outside.format(name=folder, count=len(found.outside), first=found.outside[0])
        raise Complaint(text, code=2)
    if not found.images and not found.both:
        raise Complaint(language.gold_nothing.format(name=folder), code=2)


def _send(terminal: Terminal, order: Order, client: Client, images: Sequence[Labelled]) -> tuple[list[Document], int]:
    """What was added, and how many were refused, which are named."""

    def work(one: Labelled) -> tuple[Labelled, Document | Refused]:
        try:
            return one, client.gold.add(one.path, one.label, owner=one.owner, kind=order.kind, guard=order.guard)
        except Refused as exc:
            if exc.status in OF_THE_KEY:
                raise
            return one, exc

    added: list[Document] = []
    refused = 0
    total = sum(one.path.stat().st_size for one in images)
    with bar(terminal, terminal.language.uploading, total) as advance:
        for one, answer in as_each_ends(images, work, order.concurrency):
            advance(one.path.stat().st_size)
            if isinstance(answer, Refused):
                terminal.note(f"{one.path}: {explain(answer, terminal.language, {})}")
                refused += 1
            else:
                added.append(answer)
    return added, refused


def _name_contradictions(terminal: Terminal, found: Found, there: Mapping[str, str]) -> int:
    """Name each image that is under both labels, here or here and on the server; how many."""
    language = terminal.language
    for human, ai in found.both:
        terminal.note(language.gold_both.format(human=human, ai=ai))
    other = [one for one in found.images if there.get(one.sha256, one.label) != one.label]
    for one in other:
        terminal.note(language.gold_other.format(name=one.path, label=there[one.sha256], sha256=one.sha256))
    return len(found.both) + len(other)


def show(terminal: Terminal, filters: GoldFilters, limit: int, *, as_json: bool) -> None:
    with open_client(terminal) as client:
        counts, images = client.gold.counts(**filters), list(client.gold.images(limit=limit, **filters))
    if as_json:
        print_lines([{"counts": counts, "images": images}])
        return
    language = terminal.language
    rows = [[f"{row['part']} · {row['label']}", f"{row['images']:,}", f"{row['owners']:,}"] for row in counts]
    terminal.table([language.gold_part, language.gold_images, language.gold_owners], rows, right=2)
    newest = [
        [one["sha256"], one["part"], one["label"], one["owner"], local_time(datetime.fromisoformat(one["added_at"]))]
        for one in images
    ]
    headings = ["SHA-256", language.gold_part, language.gold_label, language.gold_owner, language.created_key]
    terminal.table(headings, newest)


def remove(terminal: Terminal, names: Sequence[str], *, as_json: bool) -> None:
    """Nothing is removed when one of the names can be none."""
    digests = [_digest(terminal, name) for name in names]
    with open_client(terminal) as client:
        for name, digest in zip(names, digests, strict=True):
            document = client.gold.remove(digest)
            if as_json:
                print_lines([document])
            else:
                terminal.say(terminal.language.gold_removed.format(name=name))


def _digest(terminal: Terminal, name: str) -> str:
    if _SHA256.fullmatch(name):
        return name
    if not Path(name).is_file():
        raise Complaint(terminal.language.gold_unknown.format(name=name), code=2)
    return sha256(Path(name))
