"""The server that the command line talks to: found in the environment, and asked once whether it is there."""

import os
from collections.abc import Mapping
from dataclasses import dataclass

import httpx

from jinwi.client import Client
from jinwi.session import Complaint, key_file, server_url
from jinwi.terminal import Terminal
from jinwi.texts.language import Language
from jinwi.transport.wire import http_options

CALL_SECONDS = 15.0
"""A person is waiting: a busy server is asked again for no longer."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Server:
    url: str
    key: str


def connect(terminal: Terminal) -> Server:
    """The server, once it has answered: a wrong address is said at once, not after a minute of retries."""
    server = find_server(terminal.language, os.environ)
    with httpx.Client(**http_options(server.url, server.key), timeout=10) as http:
        try:
            http.get("/health/live")
        except httpx.TransportError as exc:
            raise Complaint(terminal.language.cannot_reach.format(url=server.url)) from exc
    return server


def find_server(language: Language, environment: Mapping[str, str]) -> Server:
    """Where and who; the key may stand in the file that `jinwi up` writes. Raises Complaint without one."""
    path = key_file(environment)
    key = environment.get("JINWI_API_KEY", "").strip()
    if not key and path.is_file():
        key = path.read_text(encoding="utf-8").strip()
    if not key:
        raise Complaint(language.no_key.format(path=path))
    return Server(url=server_url(environment), key=key)


def open_client(terminal: Terminal) -> Client:
    server = connect(terminal)
    return Client(server.url, server.key, timeout=CALL_SECONDS)
