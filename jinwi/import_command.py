"""`jinwi models import`: a detector of one's own, or a version's folder, made fit, checked and sent."""

import json
import tempfile
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

from jinwi.client import Client
from jinwi.connection import Server, connect
from jinwi.results import Model
from jinwi.session import Complaint
from jinwi.terminal import Terminal


@dataclass(frozen=True, kw_only=True, slots=True)
class Order:
    """What `jinwi models import` was asked for."""

    source: Path
    card: Path | None
    out: Path | None
    promote: bool
    json: bool


def import_model(terminal: Terminal, order: Order, versions: ModuleType) -> None:
    """Make a version of an ONNX file, or take a version's folder; check it, and send it unless it is to stay here.

    `versions` is `services.retrainer.bring.version`, which not every installation has.
    """
    _require_sense(terminal, order)
    server = None if order.out else connect(terminal)
    with ExitStack() as stack:
        out = order.out or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        directory, card = _version(terminal, order, versions, out)
        if not card.get("calibrated", True):
            terminal.note(terminal.language.uncalibrated)
        if server:
            _register(terminal, order, server, directory)


def _require_sense(terminal: Terminal, order: Order) -> None:
    """A file needs a card, a folder has one, and what stays here cannot be promoted. Raises Complaint."""
    language, name = terminal.language, order.source
    if not order.source.exists():
        raise Complaint(language.not_found.format(name=name), code=2)
    if order.source.is_dir() and (order.card or order.out):
        raise Complaint(language.folder_has_card.format(name=name), code=2)
    if not order.source.is_dir() and not order.card:
        raise Complaint(language.card_needed.format(name=name), code=2)
    if order.out and order.promote:
        raise Complaint(language.out_or_promote, code=2)


def _version(terminal: Terminal, order: Order, versions: ModuleType, out: Path) -> tuple[Path, Mapping[str, Any]]:
    """The version's folder, checked as a worker checks it, and its card."""
    if order.card is None:
        return order.source, versions.card_of(order.source)
    brought = versions.bring(order.source, order.card, out)
    if order.out and order.json:
        _print(version=brought.card["version"], directory=str(brought.directory), difference=brought.difference)
    elif not order.json:
        where = brought.directory if order.out else brought.card["version"]
        terminal.say(terminal.language.brought.format(where=where))
    return brought.directory, brought.card


def _register(terminal: Terminal, order: Order, server: Server, directory: Path) -> None:
    language = terminal.language
    with Client(server.url, server.key) as client:
        model = _send(terminal, client, directory)
        if order.promote:
            model = client.promote_model(model.version)
    if order.json:
        _print(**model.document)
    else:
        text = language.promoted if order.promote else language.registered
        terminal.say(text.format(version=model.version))


def _send(terminal: Terminal, client: Client, directory: Path) -> Model:
    """With a bar on standard error, where that is a terminal."""
    total = sum(file.stat().st_size for file in directory.iterdir())
    bar = Progress(
        TextColumn("{task.description}"),
        BarColumn(bar_width=20),
        DownloadColumn(),
        TransferSpeedColumn(),
        console=terminal.err,
        disable=not terminal.err.is_terminal,
        transient=True,
    )
    with bar:
        task = bar.add_task(terminal.language.uploading, total=total)
        return client.upload_model(directory, progress=lambda more: bar.advance(task, more))


def _print(**document: Any) -> None:
    print(json.dumps(document))  # noqa: T201 - the output that was asked for
