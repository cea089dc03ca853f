"""A customer's server on 127.0.0.1: it hands out pictures, takes webhooks, keeps a log, and misbehaves on demand."""

import ssl
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

HOOK = "/hook"


@dataclass(frozen=True, kw_only=True, slots=True)
class Post:
    """One webhook as it arrived; `at` is time.monotonic."""

    at: float
    path: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def webhook_id(self) -> str:
        return self.headers["webhook-id"]


Behaviour = Callable[[BaseHTTPRequestHandler, Post], None]
"""Answers a webhook, or does not."""


@dataclass(kw_only=True, slots=True)
class Receiver:
    """`log` has every webhook, written before it is answered; `pictures` is what lies under which path."""

    url: str
    log: list[Post] = field(default_factory=list)
    pictures: dict[str, bytes] = field(default_factory=dict)
    behaviour: Behaviour | None = None
    """For the first try of each webhook; every later one is answered 204. None: every one is."""
    tries: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    gate: threading.Event = field(default_factory=threading.Event)
    """Pictures are handed out while it is set, as it is at first."""
    closing: threading.Event = field(default_factory=threading.Event)

    @property
    def hook(self) -> str:
        return f"{self.url}{HOOK}"

    def take(self, handler: BaseHTTPRequestHandler) -> None:
        body = handler.rfile.read(int(handler.headers.get("Content-Length") or 0))
        headers = {name.lower(): value for name, value in handler.headers.items()}
        post = Post(at=time.monotonic(), path=handler.path, headers=headers, body=body)
        self.log.append(post)
        self.tries[post.webhook_id] += 1
        if self.behaviour is not None and self.tries[post.webhook_id] == 1:
            self.behaviour(handler, post)
        else:
            answer(handler, 204)


@contextmanager
def receive(context: ssl.SSLContext | None = None) -> Generator[Receiver]:
    """With a `context` over TLS."""

    class Handler(BaseHTTPRequestHandler):
        @property
        def server_made(self):
            return made

        def do_GET(self):
            made.gate.wait(30)
            picture = made.pictures.get(self.path)
            answer(self, 404) if picture is None else answer(self, 200, body=picture)

        def do_POST(self):
            # A sender that was killed, or that lost its patience, is not there to read the answer.
            with suppress(OSError):
                made.take(self)

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server.handle_error = lambda *_: None
    if context:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    scheme = "https" if context else "http"
    made = Receiver(url=f"{scheme}://127.0.0.1:{server.server_port}")
    made.gate.set()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield made
    finally:
        made.closing.set()
        made.gate.set()
        server.shutdown()
        server.server_close()
        thread.join()


def answer(
    handler: BaseHTTPRequestHandler, status: int, headers: Mapping[str, str] | None = None, body: bytes = b""
) -> None:
    handler.send_response(status)
    for name, value in {"Content-Length": str(len(body)), **(headers or {})}.items():
        handler.send_header(name, value)
    handler.end_headers()
    handler.wfile.write(body)
