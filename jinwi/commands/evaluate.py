"""`jinwi evaluate`: what a version is worth, in a report and in a table."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

from jinwi.terminal import Terminal


@dataclass(frozen=True, kw_only=True, slots=True)
class Order:
    """What `jinwi evaluate` was asked for."""

    model: str
    data: Sequence[str]
    matched: bool
    studies: bool
    beside: str | None
    lane: str
    out: Path
    json: bool


def evaluate(terminal: Terminal, order: Order, evaluation: ModuleType) -> None:
    """`evaluation` is `services.retrainer.evaluation.run`, which not every installation has."""
    report = evaluation.run(
        order.model,
        order.data,
        matched_view=order.matched,
        studies=order.studies,
        beside=order.beside,
        lane=order.lane,
        out=order.out,
    )
    if order.json:
        terminal.say(json.dumps(report.document, ensure_ascii=False))
        return
    terminal.table(report.heads, report.rows, right=len(report.heads))
    for warning in report.warnings:
        terminal.note(warning)
    terminal.say(str(report.page))
