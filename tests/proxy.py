"""A proxy before the object store that passes every byte on and remembers what was asked."""

import contextlib
import re
import socket
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

_REQUEST = re.compile(rb"^(GET|HEAD|PUT|POST|DELETE) (\S+) HTTP/1\.1\r\n", re.MULTILINE)


@dataclass(kw_only=True, slots=True)
class Proxy:
    endpoint: str
    asked: list[str] = field(default_factory=list)
    """METHOD PATH of each request, in order."""


@contextmanager
def recording(endpoint: str) -> Iterator[Proxy]:
    """Stands before `endpoint` (HOST:PORT)."""
    host, _, port = endpoint.rpartition(":")

    class Handler(socketserver.BaseRequestHandler):
        def handle(self):
            with socket.create_connection((host, int(port))) as store:
                back = threading.Thread(target=_pass_on, args=(store, self.request, None))
                back.start()
                _pass_on(self.request, store, made.asked)
                back.join()

    server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    made = Proxy(endpoint=f"127.0.0.1:{server.server_address[1]}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield made
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _pass_on(source: socket.socket, target: socket.socket, asked: list[str] | None) -> None:
    with contextlib.suppress(OSError):
        while piece := source.recv(1 << 16):
            if asked is not None:
                asked += [f"{method.decode()} {path.decode()}" for method, path in _REQUEST.findall(piece)]
            target.sendall(piece)
    with contextlib.suppress(OSError):
        target.shutdown(socket.SHUT_WR)
