"""Servers on every address at once, which note at which of them they were reached."""

import ipaddress
import socket
import threading
from contextlib import suppress
from urllib.parse import unquote

from shared.domain.link import IpAddress

PORTS = (80, 443, 8_080)


class Servers:
    """`GET /to/LOCATION` redirects there, all else answers 200."""

    def __init__(self) -> None:
        self.reached: list[tuple[IpAddress, int]] = []
        for port in PORTS:
            for family, here in ((socket.AF_INET, "0.0.0.0"), (socket.AF_INET6, "::")):
                listener = socket.socket(family, socket.SOCK_STREAM)
                listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                if family == socket.AF_INET6:
                    listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
                listener.bind((here, port))
                listener.listen(512)
                threading.Thread(target=self._accept, args=(listener,), daemon=True).start()

    def _accept(self, listener: socket.socket) -> None:
        while True:
            connection, _ = listener.accept()
            address, port = connection.getsockname()[:2]
            self.reached.append((ipaddress.ip_address(address), port))
            threading.Thread(target=_answer, args=(connection,), daemon=True).start()


def _answer(connection: socket.socket) -> None:
    with connection, suppress(OSError, ValueError):
        connection.settimeout(5)
        head = b""
        while b"\r\n\r\n" not in head:
            received = connection.recv(65_536)
            if not received:
                return
            head += received
        path = head.split(b" ", 2)[1].decode()
        if path.startswith("/to/"):
            location = unquote(path.removeprefix("/to/"), errors="surrogateescape").encode(errors="surrogateescape")
            connection.sendall(b"HTTP/1.1 302 Found\r\nLocation: " + location + b"\r\nContent-Length: 0\r\n\r\n")
        else:
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
