"""`jinwi models import`: a detector of one's own, a version's folder or the one file of it, checked and sent."""

import json
import tempfile
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from jinwi.commands.connection import connect
from jinwi.commands.packed import known_keys, opened
from jinwi.commands.share import register
from jinwi.session import Complaint
from jinwi.terminal import Terminal
from shared import archive, config


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
            register(terminal, server, directory, promote=order.promote, as_json=order.json)


def import_archive(terminal: Terminal, order: Order) -> None:
    """Send the version that one file holds: whole and as it was signed, by whom the server says whether that counts."""
    _require_sense(terminal, order)
    settings, language = config.load(), terminal.language
    server = connect(terminal)
    with opened(terminal, order.source, order.source.name, known_keys(settings), settings.max_model_bytes) as version:
        if version.signed_by:
            terminal.note(language.signed_by.format(key=version.signed_by))
        elif version.claimed:
            terminal.note(language.signed_by_unknown.format(key=version.claimed))
        register(terminal, server, version.directory, promote=order.promote, as_json=order.json)


def is_archive(source: Path) -> bool:
    return source.suffix == archive.SUFFIX and not source.is_dir()


def _require_sense(terminal: Terminal, order: Order) -> None:
    """A file needs a card, a folder has one, and what stays here cannot be promoted. Raises Complaint."""
    language, name = terminal.language, order.source
    if not order.source.exists():
        raise Complaint(language.not_found.format(name=name), code=2)
    has_card = order.source.is_dir() or is_archive(order.source)
    if has_card and (order.card or order.out):
        raise Complaint(language.folder_has_card.format(name=name), code=2)
    if not has_card and not order.card:
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


def _print(**document: Any) -> None:
    print(json.dumps(document))  # noqa: T201 - the output that was asked for
