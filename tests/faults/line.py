"""A line to a server that can be cut: what is connected falls, and who connects meanwhile is turned away."""

import contextlib
import socket
import socketserver
import threading
from collections.abc import Generator


class Line:
    """Stands before a server, `HOST:PORT`, and passes every byte on. `refused` counts who came while it was cut."""

    def __init__(self, endpoint: str, server: socketserver.ThreadingTCPServer) -> None:
        self.endpoint = f"127.0.0.1:{server.server_address[1]}"
        self.refused = 0
        self._target = endpoint
        self._cut = threading.Event()
        self._open: set[socket.socket] = set()

    @contextlib.contextmanager
    def cut(self) -> Generator[None]:
        self._cut.set()
        for end in tuple(self._open):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
        try:
            yield
        finally:
            self._cut.clear()

    def serve(self, caller: socket.socket) -> None:
        if self._cut.is_set():
            self.refused += 1
            return
        host, _, port = self._target.rpartition(":")
        with socket.create_connection((host, int(port))) as server:
            self._open |= {caller, server}
            back = threading.Thread(target=_pass_on, args=(server, caller))
            back.start()
            _pass_on(caller, server)
            back.join()
            self._open -= {caller, server}


@contextlib.contextmanager
def line_to(endpoint: str) -> Generator[Line]:
    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            line.serve(self.request)

    server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    line = Line(endpoint, server)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield line
    finally:
        with line.cut():
            server.shutdown()
            server.server_close()
            thread.join()


def _pass_on(source: socket.socket, target: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while piece := source.recv(1 << 16):
            target.sendall(piece)
    with contextlib.suppress(OSError):
        target.shutdown(socket.SHUT_WR)
