"""`jinwi verify`: what the options ask for, put together."""

import asyncio
import functools
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from jinwi.async_client import AsyncClient
from jinwi.client import Client
from jinwi.commands.connection import Server, connect
from jinwi.errors import JinwiError, Refused
from jinwi.inputs.find import Input, find, is_address, names
from jinwi.inputs.journal import Journal, NotAJournal
from jinwi.inputs.verify import Ended, Sink, Tally, Verifier, run
from jinwi.results.jobs import Job, Lane
from jinwi.results.models import Model
from jinwi.session import Complaint
from jinwi.terminal import Terminal
from jinwi.texts.language import Language
from jinwi.views import domains, findings, similar, stability
from jinwi.views.contact_sheet import contact_sheet
from jinwi.views.map_folder import map_folder
from jinwi.views.report import JsonLines, Said, csv_file, result_table

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
    evidence: str | None
    """`full`: all that speaks beside the score is gathered and printed; None: as the tenant's policy says."""
    csv: Path | None
    html: Path | None
    map: Path | None
    resume: Path | None
    concurrency: int


class ProgressBar:
    """On standard error, and only where that is a terminal."""

    def __init__(self, progress: Progress, tally: Tally, language: Language) -> None:
        self._progress = progress
        (self._task,) = progress.task_ids
        self._tally = tally
        self._language = language

    def add(self, _: Ended) -> None:
        counts = self._language.counts.format(**self._tally.named())
        self._progress.update(self._task, advance=1, counts=counts)


def verify(terminal: Terminal, order: Order) -> int:
    """The exit code: 0 when every image has an answer."""
    for argument in order.arguments:
        if not is_address(argument) and not Path(argument).exists():
            raise Complaint(terminal.language.not_found.format(name=argument), code=2)
    server = connect(terminal)
    tally = Tally()
    progress = _progress(terminal, order)
    go_on = terminal.language.go_on.format(journal=order.resume) if order.resume else ""
    try:
        _verify_all(terminal, order, server, tally, progress)
    except KeyboardInterrupt as exc:
        text = terminal.language.interrupted_after.format(done=tally.total, total=int(progress.tasks[0].total or 0))
        raise KeyboardInterrupt(f"{text} {go_on}".rstrip()) from exc
    except JinwiError:
        if go_on:
            terminal.note(go_on)
        raise
    if not tally.total:
        terminal.note(terminal.language.nothing)
    return 1 if tally.failed or not tally.total else 0


def _verify_all(terminal: Terminal, order: Order, server: Server, tally: Tally, progress: Progress) -> None:
    """The table and every file that was asked for are completed at the end, at an interruption too."""
    with ExitStack() as stack:
        output = (
            JsonLines()
            if order.json
            else stack.enter_context(result_table(terminal, tally, _said(order, server, stack)))
        )
        stack.enter_context(progress)
        images = _images(terminal, order, progress)
        first = list(islice(images, INTERACTIVE_MOST + 1))
        lane = order.lane or (Lane.BULK if len(first) > INTERACTIVE_MOST else Lane.INTERACTIVE)
        journal = _journal(terminal, order, server, lane, stack)
        verifier = Verifier(
            client=AsyncClient(server.url, server.key, timeout=OUTAGE_SECONDS),
            lane=journal.lane if journal else lane,
            journal=journal,
            options=lambda _: {"evidence": order.evidence},
        )
        bar = ProgressBar(progress, tally, terminal.language)
        sinks = [tally, *_files(terminal, order, server, tally, stack), output, bar]
        say_paused = functools.partial(_say_paused, terminal)
        asyncio.run(run(verifier, chain(first, images), sinks, order.concurrency, say_paused))


def _said(order: Order, server: Server, stack: ExitStack) -> Said | None:
    """What gives the evidence of a job in sentences, where it was asked for."""
    if order.evidence != "full":
        return None
    client = stack.enter_context(Client(server.url, server.key, timeout=OUTAGE_SECONDS))

    def said(job: Job, language: Language) -> Iterator[str]:
        if job.result is None:
            return
        yield from domains.lines(job, language)
        yield from findings.lines(job.result, language)
        yield stability.line(job.result.stability, language)
        with suppress(Refused):  # a server from before, or a job erased meanwhile
            yield from similar.lines(client.similar(job), language)

    return said


def _say_paused(terminal: Terminal, lane: str) -> None:
    other = Lane.INTERACTIVE if lane == Lane.BULK else Lane.BULK
    terminal.note(terminal.language.lane_paused.format(lane=lane, other=other))


def _images(terminal: Terminal, order: Order, progress: Progress) -> Iterator[Input]:
    """The images, found as they are needed; what is none is named."""
    (task,) = progress.task_ids
    for found in find(order.arguments):
        if isinstance(found, Input):
            yield found
        else:
            terminal.note(terminal.language.skipped.format(name=found))
            progress.update(task, total=(progress.tasks[0].total or 1) - 1)


def _progress(terminal: Terminal, order: Order) -> Progress:
    """A bar with one task: all that was found."""
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
    progress.add_task(terminal.language.verifying, total=total, counts="")
    return progress


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
        model = _champion(server)
        yield stack.enter_context(contact_sheet(order.html, tally, model, terminal.language))
    if order.map:
        client = stack.enter_context(Client(server.url, server.key, timeout=OUTAGE_SECONDS))
        yield stack.enter_context(map_folder(order.map, client, terminal))


def _champion(server: Server) -> Model | None:
    """None where there is none or this key may not see it."""
    with Client(server.url, server.key) as client:
        try:
            return client.model("champion")
        except Refused:
            return None
