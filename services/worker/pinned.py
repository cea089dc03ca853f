"""Connections that reach only addresses which were checked, and that end by a fixed time.

Ours, on httpcore's network backend, and not a library's: ssrfguard 0.4.1, the best one found, has one list of
ports for all addresses, does not know the scheme when it connects, decodes 6to4 and NAT64 instead of refusing
them, and sets no limit to name lookup or to a server that drips. The API must apply the same rule without it.
"""

import ipaddress
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future
from typing import Any

import httpcore

from shared.domain.link import IpAddress

CONNECT_SECONDS = 5.0
"""Longest wait for one of a host's addresses, so that the next one gets its turn."""

Lookup = Callable[[str, int], Sequence[IpAddress]]
Connect = Callable[[IpAddress, int, float], socket.socket]


class Deadline:
    """A point in time, `seconds` from now, that everything below shares."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._at = time.monotonic() + seconds

    @property
    def passed(self) -> bool:
        return time.monotonic() >= self._at

    def remaining(self) -> float:
        """Seconds left, above 0; raises TimeoutError when none are."""
        left = self._at - time.monotonic()
        if left <= 0:
            raise TimeoutError(f"{self.seconds:g} s are over")
        return left


def system_lookup(host: str, port: int) -> list[IpAddress]:
    """Addresses of `host` in the system's order of preference; raises OSError if there are none."""
    answers = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [ipaddress.ip_address(answer[4][0]) for answer in answers]


def system_connect(address: IpAddress, port: int, seconds: float) -> socket.socket:
    sock = socket.create_connection((str(address), port), timeout=seconds)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return sock


def look_up(host: str, port: int, *, lookup: Lookup, deadline: Deadline) -> Sequence[IpAddress]:
    """One lookup; raises OSError, also when the deadline passes.

    getaddrinfo(3) knows no time limit, so it waits in a thread of its own, left behind if it is slow.
    """
    answer: Future[Sequence[IpAddress]] = Future()

    def work() -> None:
        try:
            answer.set_result(lookup(host, port))
        except Exception as exc:  # noqa: BLE001 - raised where the result is awaited
            answer.set_exception(exc)

    threading.Thread(target=work, name="lookup", daemon=True).start()
    return answer.result(timeout=deadline.remaining())


class PinnedBackend(httpcore.NetworkBackend):
    """Connects to the first of `addresses` that answers, and to nothing else, whatever the host's name is.

    httpcore still verifies the certificate against the name.
    """

    def __init__(self, addresses: Sequence[IpAddress], *, connect: Connect, deadline: Deadline) -> None:
        self._addresses = addresses
        self._connect = connect
        self._deadline = deadline

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        """Ignores `host`, which would have to be looked up again, and `timeout`: the deadline rules."""
        del host, timeout, local_address, socket_options
        failures = []
        for address in self._addresses:
            try:
                sock = self._connect(address, port, min(CONNECT_SECONDS, self._deadline.remaining()))
            except OSError as exc:
                failures.append(exc)
            else:
                return DeadlineStream(sock, self._deadline)
        raise httpcore.ConnectError(str(failures[-1])) from failures[-1]


class DeadlineStream(httpcore.NetworkStream):
    """A socket of which every operation gets what is left of the time, never a fresh allowance."""

    def __init__(self, sock: socket.socket, deadline: Deadline) -> None:
        self._sock = sock
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        del timeout
        try:
            self._sock.settimeout(self._deadline.remaining())
            return self._sock.recv(max_bytes)
        except OSError as exc:
            raise httpcore.ReadError(str(exc)) from exc

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        del timeout
        try:
            while buffer:
                self._sock.settimeout(self._deadline.remaining())
                buffer = buffer[self._sock.send(buffer) :]
        except OSError as exc:
            raise httpcore.WriteError(str(exc)) from exc

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        del timeout
        try:
            self._sock.settimeout(self._deadline.remaining())
            wrapped = ssl_context.wrap_socket(self._sock, server_hostname=server_hostname)
        except OSError as exc:
            self.close()
            raise httpcore.ConnectError(str(exc)) from exc
        return DeadlineStream(wrapped, self._deadline)

    def close(self) -> None:
        self._sock.close()

    def get_extra_info(self, info: str) -> Any:
        """Nothing: `ssl_object` would say whether HTTP/2 was agreed, which is never offered."""
        del info
