"""What `jinwi index …` does."""

import functools
from collections.abc import Iterator
from pathlib import Path

from jinwi.admin_commands import open_client, print_lines
from jinwi.client import Client
from jinwi.connection import connect
from jinwi.errors import Refused
from jinwi.inputs import Input, find
from jinwi.results import Lane, State
from jinwi.session import Complaint
from jinwi.terminal import Terminal
from jinwi.verify import ABOUT_THE_KEY
from jinwi.window import as_each_ends

CONCURRENCY = 8

NAME_LENGTH = 200
"""Characters of an external id; of a longer path, the end."""

OUTAGE_SECONDS = 300.0
"""A server away for longer ends the run."""


def add(terminal: Terminal, folder: Path, name: str, *, as_json: bool) -> int:
    """The exit code: 0 when every picture is known."""
    if not folder.exists():
        raise Complaint(terminal.language.not_found.format(name=folder), code=2)
    server = connect(terminal)
    known = failed = 0
    with Client(server.url, server.key, timeout=OUTAGE_SECONDS) as client:
        work = functools.partial(_add_one, terminal, client, folder, name)
        for item, problem in as_each_ends(_pictures(terminal, folder), work, CONCURRENCY):
            if problem is None:
                known += 1
            else:
                failed += 1
                terminal.note(f"{item.name}: {problem}")
    if as_json:
        print_lines([{"name": name, "known": known, "failed": failed}])
    else:
        terminal.say(terminal.language.indexed.format(count=known, name=name))
    return 1 if failed or not known else 0


def _add_one(terminal: Terminal, client: Client, folder: Path, index: str, item: Input) -> tuple[Input, str | None]:
    """The picture, and why it is not known, if it is not. Its job is erased once its hash is kept."""
    if item.problem or item.path is None:
        return item, terminal.language.problem(item.problem or {})
    name = item.path.relative_to(folder).as_posix() if folder.is_dir() else item.path.name
    try:
        job = client.verify(
            item.path, timeout=None, lane=Lane.BULK, reference_index=index, external_id=name[-NAME_LENGTH:]
        )
    except Refused as exc:
        if exc.status in ABOUT_THE_KEY:
            raise
        return item, terminal.language.problem(exc.problem)
    if job.state is State.ERASED:
        return item, None
    return item, terminal.language.reason(job.error) if job.error else job.state


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
