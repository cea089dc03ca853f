"""The guarded client against real servers on loopback: hostile ones, and one with TLS."""

import gzip
import ipaddress
import shutil
import socketserver
import ssl
import subprocess
import threading
import time
from contextlib import contextmanager, suppress

import pytest

from services.worker.guarded_http import GuardedClient
from shared.errors import LinkRefused, LinkUnreachable

LOOPBACK = ipaddress.ip_network("127.0.0.0/8")
HERE = ipaddress.ip_address("127.0.0.1")
LIMITS = {"max_bytes": 100_000, "seconds": 5, "redirects": 3}
WALL = 0.5
"""Seconds allowed to an exchange with a server that would hold it for ever."""

OK = b"HTTP/1.1 200 OK\r\n"


class Server(socketserver.ThreadingTCPServer):
    """Reads the head of each request and lets `script(request, send)` answer, where `send` takes bytes."""

    allow_reuse_address = True
    # Not daemons: closing waits for the answering threads, which end when the client hangs up.
    daemon_threads = False

    def __init__(self, script, context=None):
        super().__init__(("127.0.0.1", 0), Handler)
        self.script = script
        self.context = context
        self.requests = []

    @property
    def port(self):
        return self.server_address[1]

    def url(self, path="/a.jpg"):
        return f"http://127.0.0.1:{self.port}{path}"


class Handler(socketserver.BaseRequestHandler):
    def handle(self):
        with suppress(OSError):
            if self.server.context:
                self.request = self.server.context.wrap_socket(self.request, server_side=True)
            head = b""
            while b"\r\n\r\n" not in head:
                data = self.request.recv(65_536)
                if not data:
                    return
                head += data
            self.server.requests.append(head.decode())
            self.server.script(head.decode(), self.request.sendall)
        self.request.close()


@contextmanager
def serving(script, context=None):
    with Server(script, context) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


def saying(answer):
    return lambda request, send: send(answer)


def dripping(beginning, drop, pause=0.05):
    """Never ends by itself; every drop comes well within any limit on a single read."""

    def script(request, send):
        send(beginning)
        while not threading.Event().wait(pause):
            send(drop)

    return script


@pytest.fixture
def client():
    return GuardedClient([LOOPBACK])


@contextmanager
def taking_at_most(seconds):
    began = time.monotonic()
    yield
    assert time.monotonic() - began < seconds


def test_an_allowed_network_is_fetched_from_on_any_port(client):
    answer = OK + b"Content-Type: image/png\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"
    with serving(saying(answer)) as server:
        fetched = client.fetch(server.url(), **LIMITS)
    assert (fetched.body, fetched.content_type, fetched.final_url) == (b"abcde", "image/png", server.url())


def test_without_an_allowed_network_the_same_server_is_never_asked():
    with serving(saying(OK + b"\r\n")) as server:
        for lookup in (lambda host, port: [HERE], lambda host, port: [ipaddress.ip_address("::ffff:7f00:1")]):
            stranger = GuardedClient(lookup=lookup)
            for host in ("127.0.0.1", "localhost", "rebound.example"):
                with pytest.raises(LinkRefused):
                    stranger.fetch(f"http://{host}:{server.port}/", **LIMITS)
                with pytest.raises(LinkRefused):
                    stranger.post(f"http://{host}/", body="{}", headers={}, seconds=5)
        assert server.requests == []


def test_a_name_that_is_rebound_reaches_the_checked_address_and_then_nothing():
    answers = [[HERE], [ipaddress.ip_address("10.0.0.1")]]
    client = GuardedClient([LOOPBACK], lookup=lambda host, port: answers.pop(0))
    with serving(saying(OK + b"Content-Length: 2\r\n\r\nok")) as server:
        url = f"http://rebound.example:{server.port}/"
        assert client.fetch(url, **LIMITS).body == b"ok"
        with pytest.raises(LinkRefused):
            client.fetch(url, **LIMITS)
        assert len(server.requests) == 1
    assert f"\r\nHost: rebound.example:{server.port}\r\n" in server.requests[0]


def test_localhost_is_reached_though_only_ipv4_loopback_is_allowed(client):
    with serving(saying(OK + b"\r\nok")) as server:
        assert client.fetch(f"http://localhost:{server.port}/", **LIMITS).body == b"ok"


@pytest.mark.parametrize(
    "location", ["http://169.254.169.254/latest/meta-data/", "http://10.0.0.1/", "http://[::1]:80/", "//192.168.0.1/"]
)
def test_a_redirect_to_a_forbidden_address_is_not_followed(location):
    tried = []

    def connect(address, port, seconds):
        tried.append(str(address))
        return system_connect(address, port, seconds)

    from services.worker.pinned import system_connect

    redirect = f"HTTP/1.1 302 Found\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n".encode()
    with serving(saying(redirect)) as server, pytest.raises(LinkRefused) as refusal:
        GuardedClient([LOOPBACK], connect=connect).fetch(server.url(), **LIMITS)
    assert refusal.value.reason == "forbidden_address"
    assert tried == ["127.0.0.1"]


def test_a_redirect_loop_ends_after_the_allowed_hops(client):
    with serving(saying(b"HTTP/1.1 302 Found\r\nLocation: /a.jpg\r\nContent-Length: 0\r\n\r\n")) as server:
        with pytest.raises(LinkRefused) as refusal:
            client.fetch(server.url(), **LIMITS)
        assert refusal.value.reason == "unreachable"
        assert len(server.requests) == 4


@pytest.mark.parametrize(
    "script",
    [
        dripping(b"", b""),
        dripping(b"H", b"T"),
        dripping(OK, b"X: y\r\n"),
        dripping(OK + b"X: ", b"y"),
        dripping(b"", b"HTTP/1.1 103 Early Hints\r\n\r\n"),
        dripping(OK + b"Content-Length: 90000\r\n\r\n", b"x"),
        dripping(OK + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n"),
        dripping(OK + b"\r\n", b"x"),
        dripping(b"HTTP/1.1 302 Found\r\nLocation: /\r\nContent-Length: 9000\r\n\r\n", b"x"),
    ],
    ids=["silence", "status", "headers", "header", "hints", "length", "chunks", "close", "redirect"],
)
def test_a_server_that_drips_is_left_at_the_wall_clock_limit(client, script):
    with serving(script) as server, taking_at_most(WALL * 3), pytest.raises(LinkUnreachable) as failure:
        client.fetch(server.url(), **LIMITS | {"seconds": WALL})
    assert failure.value.detail == "It took longer than 0.5 s."
