"""`jinwi models export` and `pull`: a version as one file, out of this installation and into it."""

import hashlib
import json
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import httpx

from jinwi.client import Client
from jinwi.commands.connection import Server, connect
from jinwi.commands.download import download
from jinwi.commands.packed import ROOM, Opened, known_keys, opened
from jinwi.errors import ApiError, Refused, Unavailable
from jinwi.results.models import Model
from jinwi.session import Complaint
from jinwi.terminal import Terminal
from jinwi.transport import flow
from jinwi.transport.wire import http_options
from jinwi.views.bar import bar
from shared import archive, config


def export(terminal: Terminal, version: str, out: Path | None, *, as_json: bool) -> None:
    """Write a version of the server to one file, checked as whoever pulls it will check it."""
    language, settings, server = terminal.language, config.load(), connect(terminal)
    with Client(server.url, server.key) as client:
        model = client.model(version)
    name = archive.file_name(str(model.document.get("name")), model.version)
    target = out / name if out and out.is_dir() else out or Path(name)
    if target.exists():
        raise Complaint(language.file_exists.format(name=target), code=2)
    partial = target.with_name(f".{target.name}.partial")
    try:
        _fetch(terminal, server, model, partial)
        with opened(terminal, partial, name, known_keys(settings), settings.max_model_bytes) as found:
            signed_by = found.signed_by or found.claimed
        partial.rename(target)
    finally:
        partial.unlink(missing_ok=True)
    if as_json:
        with target.open("rb") as file:
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        size = target.stat().st_size
        _print(version=model.version, file=str(target), bytes=size, sha256=sha256, signed_by=signed_by)
        return
    terminal.say(language.exported.format(version=model.version, file=target))
    terminal.note(language.signed_by.format(key=signed_by) if signed_by else language.export_unsigned)


def pull(terminal: Terminal, url: str, keys: Sequence[Path], *, promote: bool, as_json: bool) -> None:
    """Fetch the file of a version, let a trusted key vouch for it, and register it."""
    language, settings = terminal.language, config.load()
    trusted, server = known_keys(settings, *keys), connect(terminal)
    name = unquote(urlsplit(url).path.rpartition("/")[2])
    with ExitStack() as stack:
        file = Path(stack.enter_context(tempfile.TemporaryDirectory())) / "archive"
        with bar(terminal, language.downloading, None) as advance:
            download(
                terminal,
                url,
                file,
                max_bytes=settings.max_model_bytes + ROOM,
                allowed=settings.allowed_networks,
                advance=advance,
            )
        version = stack.enter_context(opened(terminal, file, name, trusted, settings.max_model_bytes))
        _require_signer(terminal, name, version)
        terminal.note(language.trusted.format(key=version.signed_by, place=trusted.places[str(version.signed_by)]))
        register(terminal, server, version.directory, promote=promote, as_json=as_json)


def _require_signer(terminal: Terminal, name: str, version: Opened) -> None:
    language = terminal.language
    if version.claimed:
        raise Complaint(language.unknown_key.format(name=name, key=version.claimed))
    if version.signed_by is None:
        raise Complaint(language.pull_unsigned.format(name=name))


def register(terminal: Terminal, server: Server, directory: Path, *, promote: bool, as_json: bool) -> None:
    """Send a version's folder, with a bar, and say what came of it."""
    language = terminal.language
    total = sum(file.stat().st_size for file in directory.iterdir())
    with Client(server.url, server.key) as client:
        with bar(terminal, language.uploading, total) as advance:
            model = client.upload_model(directory, progress=advance)
        if promote:
            model = client.promote_model(model.version)
    if as_json:
        _print(**model.document)
    else:
        terminal.say(_outcome(terminal, model, promoted=promote))


def _outcome(terminal: Terminal, model: Model, *, promoted: bool) -> str:
    """What was sent may have been here before, and may score already."""
    language = terminal.language
    if promoted:
        return language.promoted.format(version=model.version)
    state = model.document["state"]
    text = language.registered if state == "available" else language.registered_before
    return text.format(version=model.version, state=language.version_states[state])


def _fetch(terminal: Terminal, server: Server, model: Model, target: Path) -> None:
    path = f"/v1/models/{model.version}/archive"
    with httpx.Client(**http_options(server.url, server.key), timeout=60) as http:
        try:
            with http.stream("GET", path) as answer:
                if not answer.is_success:
                    answer.read()
                    kind = Refused if answer.is_client_error else ApiError
                    raise kind(answer.status_code, flow.problem(answer))
                total = int(answer.headers.get("Content-Length", 0)) or None
                with target.open("wb") as file, bar(terminal, terminal.language.downloading, total) as advance:
                    for piece in answer.iter_bytes(1 << 16):
                        file.write(piece)
                        advance(len(piece))
        except httpx.TransportError as exc:
            raise Unavailable(str(exc)) from exc


def _print(**document: Any) -> None:
    print(json.dumps(document))  # noqa: T201 - the output that was asked for
