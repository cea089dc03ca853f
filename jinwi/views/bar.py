"""Bars of bytes and of things on standard error, where that is a terminal."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.progress import (
    BarColumn,
    DownloadColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)

from jinwi.terminal import Terminal


@contextmanager
def bar(terminal: Terminal, text: str, total: int | None) -> Iterator[Callable[[int], None]]:
    """What is told how many bytes more were moved; `total` None where nobody knows how many there will be."""
    with _shown(terminal, text, total, DownloadColumn(), TransferSpeedColumn()) as tell:
        yield tell


@contextmanager
def counting(terminal: Terminal, text: str, total: int) -> Iterator[Callable[[int], None]]:
    """What is told how many more of `total` are done."""
    with _shown(terminal, text, total, MofNCompleteColumn(), TimeRemainingColumn()) as tell:
        yield tell


@contextmanager
def _shown(
    terminal: Terminal, text: str, total: int | None, *columns: ProgressColumn
) -> Iterator[Callable[[int], None]]:
    shown = Progress(
        TextColumn("{task.description}"),
        BarColumn(bar_width=20),
        *columns,
        console=terminal.err,
        disable=not terminal.err.is_terminal,
        transient=True,
    )
    with shown:
        task = shown.add_task(text, total=total)
        yield lambda more: shown.advance(task, more)
