"""What `jinwi index …` does."""

import asyncio
import functools
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from jinwi.async_client import AsyncClient
from jinwi.calls.jobs import Options
from jinwi.client import Client
from jinwi.commands.connection import Server, connect, open_client
from jinwi.errors import Refused
from jinwi.inputs.files import sha256
from jinwi.inputs.find import Input, find
from jinwi.inputs.verify import Ended, Verifier, run
from jinwi.results.jobs import Lane, State
from jinwi.session import Complaint
from jinwi.terminal import Terminal, print_lines
from jinwi.views.bar import counting

CONCURRENCY = 8

NAME_LENGTH = 200
"""Characters of an external id; of a longer path, the end."""

NOT_FOUND = 404

OUTAGE_SECONDS = 300.0
"""A server away for longer ends the run."""


@dataclass(slots=True)
class _Counted:
    """Counts the pictures that are known now, and names those that are not with why."""

    terminal: Terminal
    tell: Callable[[int], None]
    known: int = 0
    failed: int = 0

    def add(self, ended: Ended) -> None:
        self.tell(1)
        # A job is erased once the hash of its picture is kept.
        if ended.job and ended.job.state is State.ERASED:
            self.known += 1
        else:
            self.failed += 1
            self.terminal.note(f"{ended.input.name}: {self._why(ended)}")

    def _why(self, ended: Ended) -> str:
        if ended.job is None:
            return self.terminal.language.problem(ended.problem or {})
        return self.terminal.language.reason(ended.job.error) if ended.job.error else ended.job.state


def add(terminal: Terminal, folder: Path, name: str, *, as_json: bool) -> int:
    """Send what the index does not know yet, or not by the network that scores now; so an interrupted run goes on.

    The exit code: 0 when every picture is known.
    """
    if not folder.exists():
        raise Complaint(terminal.language.not_found.format(name=folder), code=2)
    server = connect(terminal)
    found = list(_pictures(terminal, folder))
    with counting(terminal, terminal.language.indexing, len(found)) as tell:
        held = _held(server, name)
        new = [item for item in found if not _is_held(item, folder, held)]
        there = len(found) - len(new)
        tell(there)
        counted = _Counted(terminal, tell)
        _send(terminal, server, new, functools.partial(_options, folder, name), counted)
    if as_json:
        print_lines([{"name": name, "known": counted.known, "there": there, "failed": counted.failed}])
    else:
        terminal.say(terminal.language.indexed.format(count=counted.known + there, there=there, name=name))
    return 1 if counted.failed or not counted.known + there else 0


def _send(
    terminal: Terminal, server: Server, items: Sequence[Input], options: Callable[[Input], Options], counted: _Counted
) -> None:
    def say_paused(lane: str) -> None:
        terminal.note(terminal.language.indexing_paused.format(lane=lane))

    client = AsyncClient(server.url, server.key, timeout=OUTAGE_SECONDS)
    verifier = Verifier(client=client, lane=Lane.BULK, journal=None, options=options)
    asyncio.run(run(verifier, items, [counted], CONCURRENCY, say_paused))


def _options(folder: Path, index: str, item: Input) -> Options:
    return {"reference_index": index, "external_id": _name_below(folder, item)}


def _held(server: Server, index: str) -> dict[str, str]:
    """The names of the pictures that are known as well as can be, by their files' hashes."""
    with Client(server.url, server.key, timeout=OUTAGE_SECONDS) as client:
        try:
            return {each["sha256"]: each["name"] for each in client.reference_pictures(index) if each["current"]}
        except Refused as exc:
            if exc.status == NOT_FOUND:
                return {}
            raise


def _is_held(item: Input, folder: Path, held: Mapping[str, str]) -> bool:
    """False too for what cannot be read: why is said where it is to be sent."""
    if not held or item.problem or item.path is None:
        return False
    try:
        return held.get(sha256(item.path)) == _name_below(folder, item)
    except OSError:
        return False


def _name_below(folder: Path, item: Input) -> str:
    path = item.path or Path(item.name)
    name = path.relative_to(folder).as_posix() if folder.is_dir() else path.name
    return name[-NAME_LENGTH:]


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
