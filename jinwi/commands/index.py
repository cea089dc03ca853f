"""What `jinwi index …` does."""

import functools
import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from jinwi.client import Client
from jinwi.commands.connection import connect, open_client
from jinwi.errors import Refused
from jinwi.inputs.find import Input, find
from jinwi.inputs.verify import ABOUT_THE_KEY
from jinwi.results.jobs import Lane, State
from jinwi.session import Complaint
from jinwi.terminal import Terminal, print_lines
from jinwi.transport.window import as_each_ends
from jinwi.views.bar import counting

CONCURRENCY = 8

NAME_LENGTH = 200
"""Characters of an external id; of a longer path, the end."""

NOT_FOUND = 404

THERE = "there"
"""In place of why a picture is not known: it is, from before."""

OUTAGE_SECONDS = 300.0
"""A server away for longer ends the run."""


@dataclass(frozen=True, kw_only=True, slots=True)
class _Found:
    """A picture, and by which name below the folder it is known."""

    item: Input
    name: str


def add(terminal: Terminal, folder: Path, name: str, *, as_json: bool) -> int:
    """Send what the index does not know yet, or not by the network that scores now; so an interrupted run goes on.

    The exit code: 0 when every picture is known.
    """
    if not folder.exists():
        raise Complaint(terminal.language.not_found.format(name=folder), code=2)
    server = connect(terminal)
    found = [_named(folder, item) for item in _pictures(terminal, folder)]
    known = there = failed = 0
    with (
        Client(server.url, server.key, timeout=OUTAGE_SECONDS) as client,
        counting(terminal, terminal.language.indexing, len(found)) as tell,
    ):
        work = functools.partial(_add_one, terminal, client, name, _held(client, name))
        for one, problem in as_each_ends(found, work, CONCURRENCY):
            tell(1)
            known += problem is None
            there += problem is THERE
            if problem and problem is not THERE:
                failed += 1
                terminal.note(f"{one.item.name}: {problem}")
    if as_json:
        print_lines([{"name": name, "known": known, "there": there, "failed": failed}])
    else:
        terminal.say(terminal.language.indexed.format(count=known + there, there=there, name=name))
    return 1 if failed or not known + there else 0


def _held(client: Client, index: str) -> dict[str, str]:
    """The names of the pictures that are known as well as can be, by their files' hashes."""
    try:
        return {each["sha256"]: each["name"] for each in client.reference_pictures(index) if each["current"]}
    except Refused as exc:
        if exc.status == NOT_FOUND:
            return {}
        raise


def _add_one(
    terminal: Terminal, client: Client, index: str, held: Mapping[str, str], found: _Found
) -> tuple[_Found, str | None]:
    """The picture, and why it is not known, if it is not, or THERE. Its job is erased once its hash is kept."""
    item = found.item
    if item.problem or item.path is None:
        return found, terminal.language.problem(item.problem or {})
    if held and held.get(hashlib.sha256(item.path.read_bytes()).hexdigest()) == found.name:
        return found, THERE
    try:
        job = client.verify(item.path, timeout=None, lane=Lane.BULK, reference_index=index, external_id=found.name)
    except Refused as exc:
        if exc.status in ABOUT_THE_KEY:
            raise
        return found, terminal.language.problem(exc.problem)
    if job.state is State.ERASED:
        return found, None
    return found, terminal.language.reason(job.error) if job.error else job.state


def _named(folder: Path, item: Input) -> _Found:
    path = item.path or Path(item.name)
    name = path.relative_to(folder).as_posix() if folder.is_dir() else path.name
    return _Found(item=item, name=name[-NAME_LENGTH:])


def _pictures(terminal: Terminal, folder: Path) -> Iterator[Input]:
    for found in find([str(folder)]):
        if isinstance(found, Input):
            yield found
        else:
            terminal.note(terminal.language.skipped.format(name=found))


def list_all(terminal: Terminal, *, as_json: bool) -> None:
    with open_client(terminal) as client:
        indexes = client.reference_indexes()
    if as_json:
        print_lines(indexes)
        return
    language = terminal.language
    rows = [[index["name"], f"{index['pictures']:,}"] for index in indexes]
    terminal.table([language.reference_index, language.pictures], rows)


def remove(terminal: Terminal, name: str, *, as_json: bool) -> None:
    with open_client(terminal) as client:
        removed = client.remove_reference_index(name)
    if as_json:
        print_lines([removed])
    else:
        terminal.say(terminal.language.index_removed.format(name=name, count=removed["pictures"]))
