"""Where the command line writes: results to standard output, all else to standard error."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from rich.console import Console
from rich.table import Table

from jinwi.texts.language import Language

PIPED_WIDTH = 200
"""Columns of a table that goes into a file or another program, where no terminal says how many."""


def printable(text: str) -> str:
    """`text` with each character that could steer a terminal, or hide another, as its escape sequence."""
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode("ascii") for char in text)


@dataclass(frozen=True, kw_only=True, slots=True)
class Terminal:
    language: Language
    out: Console
    err: Console

    def say(self, text: str) -> None:
        self.out.print(printable(text), soft_wrap=True)

    def note(self, text: str) -> None:
        self.err.print(printable(text), soft_wrap=True)

    def table(self, headings: list[str], rows: list[list[str]], *, right: int = 0) -> None:
        """Print a table; its columns 1 to `right`, counted from 0, hold numbers."""
        table = Table(show_edge=False, header_style="bold")
        for position, heading in enumerate(headings):
            number = 1 <= position <= right
            table.add_column(heading, justify="right" if number else "left", no_wrap=number, overflow="fold")
        for row in rows:
            table.add_row(*(printable(cell) for cell in row))
        self.out.print(table)


def open_terminal(language: Language) -> Terminal:
    out = Console(markup=False, emoji=False, highlight=False)
    if not out.is_terminal:
        out.width = PIPED_WIDTH
    err = Console(stderr=True, markup=False, emoji=False, highlight=False)
    return Terminal(language=language, out=out, err=err)


def print_lines(documents: Iterable[Mapping[str, Any]]) -> None:
    """One JSON document a line."""
    for document in documents:
        print(json.dumps(document), flush=True)  # noqa: T201 - the output that was asked for


def local_time(at: datetime) -> str:
    """In this machine's zone, and which that is."""
    return f"{at.astimezone():%Y-%m-%d %H:%M:%S %Z}"
