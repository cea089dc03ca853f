"""`jinwi verify`: what the options ask for, put together."""

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from jinwi.client import AsyncClient, Client
from jinwi.connection import Server, connect
from jinwi.contact_sheet import contact_sheet
from jinwi.errors import JinwiError, Refused
from jinwi.flow import is_link
from jinwi.inputs import Input, find, names
from jinwi.journal import Journal, NotAJournal
from jinwi.language import Language
from jinwi.report import JsonLines, ResultTable, csv_file
from jinwi.results import Lane, Rate
from jinwi.session import Complaint
from jinwi.terminal import Terminal
from jinwi.verify import Ended, Sink, Tally, Verifier, run

INTERACTIVE_MOST = 20
"""More images than this go in the bulk lane, so that people who wait for one need not wait for them."""

OUTAGE_SECONDS = 300.0
"""A server away for longer ends the run."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Order:
    """What `jinwi verify` was asked for."""

    arguments: Sequence[str]
    lane: Lane | None
    json: bool
    csv: Path | None
    html: Path | None
    resume: Path | None
    concurrency: int


class ProgressBar:
    """On standard error, and only where that is a terminal."""

    def __init__(self, progress: Progress, task: TaskID, tally: Tally, language: Language) -> None:
        self._progress = progress
        self._task = task
        self._tally = tally
        self._language = language

    def add(self, _: Ended) -> None:
        counts = self._language.counts.format(**self._tally.named())
        self._progress.update(self._task, advance=1, counts=counts)


def verify(terminal: Terminal, order: Order) -> int:
    """The exit code: 0 when every image has an answer."""
    for argument in order.arguments:
        if not is_link(argument) and not Path(argument).exists():
            raise Complaint(terminal.language.not_found.format(name=argument), code=2)
    server = connect(terminal)
    tally = Tally()
    table = ResultTable(terminal=terminal, tally=tally)
    try:
        _verify_all(terminal, order, server, tally, JsonLines() if order.json else table)
    except (KeyboardInterrupt, JinwiError):
        if order.resume:
            terminal.note(terminal.language.go_on.format(journal=order.resume))
        raise
    finally:
        if tally.total and not order.json:
            table.show()
    if not tally.total:
        terminal.note(terminal.language.nothing)
    return 1 if tally.failed or not tally.total else 0


def _verify_all(terminal: Terminal, order: Order, server: Server, tally: Tally, output: Sink) -> None:
    """Every file that was asked for is completed at the end, at an interruption too."""
    with ExitStack() as stack:
        progress, bar = _progress(terminal, order, tally, stack)
        images = _images(terminal, order, progress)
        first = list(islice(images, INTERACTIVE_MOST + 1))
        lane = order.lane or (Lane.BULK if len(first) > INTERACTIVE_MOST else Lane.INTERACTIVE)
        journal = _journal(terminal, order, server, lane, stack)
        verifier = Verifier(
            client=AsyncClient(server.url, server.key, timeout=OUTAGE_SECONDS),
            lane=journal.lane if journal else lane,
            journal=journal,
        )
        sinks = [tally, *_files(terminal, order, server, tally, stack), output, bar]
        asyncio.run(run(verifier, chain(first, images), sinks, order.concurrency))


def _images(terminal: Terminal, order: Order, progress: Progress) -> Iterator[Input]:
    """The images, found as they are needed; what is none is named."""
    (task,) = progress.task_ids
    for found in find(order.arguments):
        if isinstance(found, Input):
            yield found
        else:
            terminal.note(terminal.language.skipped.format(name=found))
            progress.update(task, total=(progress.tasks[0].total or 1) - 1)


def _progress(terminal: Terminal, order: Order, tally: Tally, stack: ExitStack) -> tuple[Progress, ProgressBar]:
    progress = Progress(
        TextColumn("{task.description}"),
        BarColumn(bar_width=20),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[counts]}"),
        console=terminal.err,
        disable=not terminal.err.is_terminal or (order.json and terminal.out.is_terminal),
        transient=True,
    )
    total = sum(1 for _ in names(order.arguments))
    task = progress.add_task(terminal.language.verifying, total=total, counts="")
    stack.enter_context(progress)
    return progress, ProgressBar(progress, task, tally, terminal.language)


def _journal(terminal: Terminal, order: Order, server: Server, lane: Lane, stack: ExitStack) -> Journal | None:
    if order.resume is None:
        return None
    try:
        journal = stack.enter_context(Journal(order.resume, url=server.url, lane=lane))
    except NotAJournal as exc:
        raise Complaint(terminal.language.not_a_journal.format(path=order.resume), code=2) from exc
    if journal.url != server.url:
        text = terminal.language.other_server.format(path=order.resume, url=journal.url)
        raise Complaint(text, code=2)
    return journal


def _files(terminal: Terminal, order: Order, server: Server, tally: Tally, stack: ExitStack) -> Iterator[Sink]:
    if order.csv:
        yield stack.enter_context(csv_file(order.csv))
    if order.html:
        rate = _false_accusation_rate(server)
        yield stack.enter_context(contact_sheet(order.html, tally, rate, terminal.language))


def _false_accusation_rate(server: Server) -> Rate | None:
    """From the champion's card; None where there is no champion or this key may not see it."""
    with Client(server.url, server.key) as client:
        try:
            return client.model("champion").false_accusation_rate
        except Refused:
            return None
