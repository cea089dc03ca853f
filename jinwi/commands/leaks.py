"""`jinwi leaks`: the pictures that must not stand on both sides of a split."""

import json
from collections.abc import Sequence
from types import ModuleType

from jinwi.terminal import Terminal

OWNER = 24
"""Characters shown: the owner of a file that has none is its SHA-256."""


def leaks(
    terminal: Terminal,
    sources: ModuleType,
    finder: ModuleType,
    data: Sequence[str],
    against: Sequence[str],
    *,
    as_json: bool,
) -> None:
    """`sources` is `services.retrainer.sources`, `finder` is `services.retrainer.data.leaks`."""
    first = sources.open_datasets(data)
    found = (
        finder.between(first, sources.open_datasets(against), terminal.note)
        if against
        else finder.across_owners(first, terminal.note)
    )
    rows = [
        [
            f"{match.similarity:.3f}",
            match.first.owner[:OWNER],
            match.first.name,
            match.second.owner[:OWNER],
            match.second.name,
        ]
        for match in found
    ]
    heads = ["similarity", "owner", "picture", "owner", "picture"]
    if as_json:
        names = ("similarity", "first_owner", "first", "second_owner", "second")
        for row in rows:
            terminal.say(json.dumps(dict(zip(names, [float(row[0]), *row[1:]], strict=True)), ensure_ascii=False))
        return
    terminal.table(heads, rows)
