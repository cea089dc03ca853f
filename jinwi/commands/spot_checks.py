"""The commands `jinwi spot-checks …`; `as_json` prints one JSON document a line."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any

from jinwi.commands.connection import open_client
from jinwi.terminal import Terminal, local_time, print_lines


def list_all(terminal: Terminal, *, labelled: bool, limit: int, as_json: bool) -> None:
    with open_client(terminal) as client:
        checks = client.spot_checks.list(labelled=labelled, limit=limit + 1)
        shown = islice(checks, limit)
        if as_json:
            print_lines(shown)
        else:
            _show(terminal, shown)
        if next(checks, None):
            terminal.note(terminal.language.more_spot_checks.format(limit=limit))


def save_image(terminal: Terminal, check_id: str, out: Path) -> None:
    with open_client(terminal) as client:
        out.write_bytes(client.spot_checks.image(check_id))
    terminal.note(terminal.language.written_to.format(path=out))


def label(terminal: Terminal, check_id: str, said: str, reason: str, *, regression: bool, as_json: bool) -> None:
    with open_client(terminal) as client:
        check = client.spot_checks.label(check_id, said, reason, regression=regression)
    if as_json:
        print_lines([check])
    else:
        _show(terminal, [check])


def _show(terminal: Terminal, checks: Iterable[Mapping[str, Any]]) -> None:
    language = terminal.language
    rows = [
        [
            check["id"],
            local_time(datetime.fromisoformat(check["drawn_at"])),
            language.spot_check_labels[check["label"]] if check["label"] else "",
            language.regression_case if check["regression"] else "",
            check["reason"] or "",
        ]
        for check in checks
    ]
    headings = [language.spot_check, language.drawn_at, language.label, language.regression_case, language.reason_given]
    terminal.table(headings, rows)
