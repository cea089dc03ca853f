"""A bar of bytes on standard error, where that is a terminal."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

from jinwi.terminal import Terminal


@contextmanager
def bar(terminal: Terminal, text: str, total: int | None) -> Iterator[Callable[[int], None]]:
    """What is told how many bytes more were moved; `total` None where nobody knows how many there will be."""
    shown = Progress(
        TextColumn("{task.description}"),
        BarColumn(bar_width=20),
        DownloadColumn(),
        TransferSpeedColumn(),
        console=terminal.err,
        disable=not terminal.err.is_terminal,
        transient=True,
    )
    with shown:
        task = shown.add_task(text, total=total)
        yield lambda more: shown.advance(task, more)
