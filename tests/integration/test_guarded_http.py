"""The guarded client against real servers on loopback: hostile ones, and some with TLS."""

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
from services.worker.pinned import system_connect
from shared.errors import LinkRefused, LinkUnreachable

LOOPBACK = ipaddress.ip_network("127.0.0.0/8")
HERE = ipaddress.ip_address("127.0.0.1")
LIMITS = {"max_bytes": 100_000, "seconds": 10, "redirects": 3}
WALL = 0.5
"""Seconds allowed to an exchange with a server that would hold it for ever."""

OK = b"HTTP/1.1 200 OK\r\n"


class Server(socketserver.ThreadingTCPServer):
    """Reads the head of each request, keeps it, and answers by `script(send, stopping)`."""

    daemon_threads = False

    def __init__(self, script, context):
        super().__init__(("127.0.0.1", 0), Handler)
        self.script = script
        self.context = context
        self.heads = []
        self.stopping = threading.Event()
        self.port = self.server_address[1]

    def url(self, scheme="http", host="127.0.0.1"):
        return f"{scheme}://{host}:{self.port}/a.jpg"


class Handler(socketserver.BaseRequestHandler):
    def handle(self):
        with suppress(OSError):
            if self.server.context:
                self.request = self.server.context.wrap_socket(self.request, server_side=True)
            head = b""
            while b"\r\n\r\n" not in head:
                data = self.request.recv(4_096)
                if not data:
                    return
                head += data
            self.server.heads.append(head.decode())
            self.server.script(self.request.sendall, self.server.stopping)

    def finish(self):
        self.request.close()


@contextmanager
def serving(script, context=None):
    with Server(script, context) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield server
        finally:
            server.stopping.set()
            server.shutdown()
            thread.join()


def saying(answer):
    return lambda send, stopping: send(answer)


def dripping(beginning, drop, pause=0.05):
    """Never ends by itself; each drop comes well within any limit on a single read."""

    def script(send, stopping):
        send(beginning)
        while not stopping.wait(pause):
            send(drop)

    return script


def flooding(beginning, wave):
    return dripping(beginning, wave, pause=0)


def redirecting(location):
    return saying(f"HTTP/1.1 302 Found\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n".encode())


@contextmanager
def taking_at_most(seconds):
    began = time.monotonic()
    yield
    assert time.monotonic() - began < seconds


@pytest.fixture(scope="module")
def client():
    return GuardedClient([LOOPBACK])


def test_an_allowed_network_is_fetched_from_on_any_port(client):
    chunks = b"Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"
    with serving(saying(OK + b"Content-Type: image/png\r\n" + chunks)) as server:
        fetched = client.fetch(server.url(), **LIMITS)
    assert (fetched.body, fetched.content_type, fetched.final_url) == (b"abcde", "image/png", server.url())


def test_without_an_allowed_network_the_same_server_is_never_asked():
    stranger = GuardedClient(lookup=lambda host, port: [HERE])
    with serving(saying(OK + b"\r\n")) as server:
        for host in ("127.0.0.1", "localhost", "leads-here.example"):
            with pytest.raises(LinkRefused):
                stranger.fetch(server.url(host=host), **LIMITS)
            with pytest.raises(LinkRefused):
                stranger.post(server.url(host=host), body="{}", headers={}, seconds=5)
        assert server.heads == []


def test_a_name_that_is_rebound_reaches_the_checked_address_and_then_nothing():
    answers = [[HERE], [ipaddress.ip_address("10.0.0.1")]]
    client = GuardedClient([LOOPBACK], lookup=lambda host, port: answers.pop(0))
    with serving(saying(OK + b"Content-Length: 2\r\n\r\nok")) as server:
        assert client.fetch(server.url(host="rebound.example"), **LIMITS).body == b"ok"
        with pytest.raises(LinkRefused):
            client.fetch(server.url(host="rebound.example"), **LIMITS)
    (head,) = server.heads
    assert f"\r\nHost: rebound.example:{server.port}\r\n" in head


def test_localhost_is_reached_though_only_ipv4_loopback_is_allowed(client):
    with serving(saying(OK + b"\r\nok")) as server:
        assert client.fetch(server.url(host="localhost"), **LIMITS).body == b"ok"


@pytest.mark.parametrize(
    "location",
    ["http://169.254.169.254/latest/meta-data/", "http://10.0.0.1/", "http://[::1]/", "//192.168.0.1/"],
)
def test_a_redirect_to_a_forbidden_address_is_not_followed(location):
    tried = []

    def connect(address, port, seconds):
        tried.append(address)
        return system_connect(address, port, seconds)

    with serving(redirecting(location)) as server, pytest.raises(LinkRefused) as refusal:
        GuardedClient([LOOPBACK], connect=connect).fetch(server.url(), **LIMITS)
    assert refusal.value.reason == "forbidden_address"
    assert tried == [HERE]


def test_a_redirect_loop_ends_after_the_allowed_hops(client):
    with serving(redirecting("/a.jpg")) as server:
        with pytest.raises(LinkRefused) as refusal:
            client.fetch(server.url(), **LIMITS)
        assert refusal.value.reason == "unreachable"
        assert len(server.heads) == 4


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
        flooding(b"", b"HTTP/1.1 103 Early Hints\r\n\r\n" * 1_000),
    ],
    ids=["silence", "status", "headers", "header", "hints", "length", "chunks", "close", "hint-flood"],
)
def test_a_server_that_holds_the_line_is_left_at_the_wall_clock_limit(client, script):
    with serving(script) as server, taking_at_most(8 * WALL), pytest.raises(LinkUnreachable) as failure:
        client.fetch(server.url(), **LIMITS | {"seconds": WALL})
    assert failure.value.detail == "It took longer than 0.5 s."


def test_a_server_that_never_shakes_hands_is_left_at_the_limit(client):
    with serving(dripping(b"", b"")) as server, taking_at_most(8 * WALL), pytest.raises(LinkUnreachable):
        client.fetch(server.url(scheme="https"), **LIMITS | {"seconds": WALL})


def test_redirects_share_one_limit(client):
    def script(send, stopping):
        stopping.wait(WALL * 0.6)
        redirecting("/a.jpg")(send, stopping)

    with serving(script) as server, taking_at_most(8 * WALL), pytest.raises(LinkUnreachable):
        client.fetch(server.url(), **LIMITS | {"seconds": WALL})


def test_a_receiver_that_does_not_read_is_left_at_the_limit(client):
    with serving(dripping(b"", b"")) as server, taking_at_most(8 * WALL), pytest.raises(LinkUnreachable):
        client.post(server.url(), body="x" * 20_000_000, headers={}, seconds=WALL)


def test_a_receiver_that_drips_after_its_status_has_answered(client):
    with serving(dripping(OK + b"\r\nthanks", b" ")) as server, taking_at_most(8 * WALL):
        posted = client.post(server.url(), body="{}", headers={}, seconds=WALL)
    assert posted.status == 200
    assert posted.excerpt.startswith("thanks")


def test_of_an_endless_answer_to_a_post_only_the_beginning_is_read(client):
    with serving(flooding(OK + b"\r\n", b"x" * 65_536)) as server, taking_at_most(LIMITS["seconds"] / 2):
        posted = client.post(server.url(), body="{}", headers={}, seconds=LIMITS["seconds"])
    assert posted.excerpt == "x" * 2_048


@pytest.mark.parametrize(
    "script",
    [
        flooding(OK + b"\r\n", b"x" * 65_536),
        flooding(OK + b"Transfer-Encoding: chunked\r\n\r\n", b"10000\r\n" + b"x" * 65_536 + b"\r\n"),
        saying(OK + b"Content-Length: 99999999999\r\n\r\n"),
    ],
    ids=["until-close", "chunks", "announced"],
)
def test_an_endless_body_is_left_at_the_byte_limit(client, script):
    with serving(script) as server, pytest.raises(LinkRefused) as refusal:
        client.fetch(server.url(), **LIMITS)
    assert refusal.value.reason == "too_large"


def test_endless_headers_are_not_collected(client):
    with serving(flooding(OK, b"X: y\r\n" * 1_000)) as server, pytest.raises(LinkUnreachable) as failure:
        client.fetch(server.url(), **LIMITS)
    assert failure.value.detail == "Its server broke the rules of HTTP or hung up."


def test_a_content_length_that_lies_gives_no_more_than_it_says_and_never_less(client):
    with serving(saying(OK + b"Content-Length: 5\r\n\r\nimage and more")) as server:
        assert client.fetch(server.url(), **LIMITS).body == b"image"
    with serving(saying(OK + b"Content-Length: 500\r\n\r\nimage")) as server, pytest.raises(LinkUnreachable):
        client.fetch(server.url(), **LIMITS)


def test_a_compression_bomb_is_not_unpacked(client):
    bomb = gzip.compress(bytes(50_000_000))
    with serving(saying(OK + b"Content-Encoding: gzip\r\n\r\n" + bomb)) as server:
        with pytest.raises(LinkRefused) as refusal:
            client.fetch(server.url(), **LIMITS)
        assert refusal.value.reason == "not_an_image"
        posted = client.post(server.url(), body="{}", headers={}, seconds=10)
    assert posted.status == 200
    assert len(posted.excerpt) <= 2_048


def test_proxies_and_passwords_of_the_environment_are_not_used(tmp_path, monkeypatch):
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login alice password secret\n")
    monkeypatch.setenv("NETRC", str(netrc))
    with serving(saying(OK + b"\r\nproxy")) as proxy, serving(saying(OK + b"\r\nserver")) as server:
        for name in ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
        assert GuardedClient([LOOPBACK]).fetch(server.url(), **LIMITS).body == b"server"
    assert proxy.heads == []
    assert "authorization" not in server.heads[0].lower()


@pytest.fixture(scope="module")
def certificates(tmp_path_factory):
    """`ca.pem`, and signed by it `name.pem` for images.example and `address.pem` for 127.0.0.1 only."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("needs the openssl program to make certificates")
    folder = tmp_path_factory.mktemp("certificates")

    def run(*arguments):
        subprocess.run([openssl, *arguments], cwd=folder, check=True, capture_output=True)

    new = ("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2")
    run(*new, "-subj", "/CN=Test authority", "-keyout", "ca.key", "-out", "ca.pem")
    for name, subject in (("name", "DNS:images.example"), ("address", "IP:127.0.0.1")):
        extensions = ("-addext", f"subjectAltName={subject}", "-addext", "basicConstraints=critical,CA:FALSE")
        signer = ("-CA", "ca.pem", "-CAkey", "ca.key")
        run(*new, *signer, "-subj", "/CN=Test", *extensions, "-keyout", f"{name}.key", "-out", f"{name}.crt")
        (folder / f"{name}.pem").write_text((folder / f"{name}.crt").read_text() + (folder / f"{name}.key").read_text())
    return folder


@pytest.fixture
def tls_client(certificates):
    trust = ssl.create_default_context(cafile=certificates / "ca.pem")
    return GuardedClient([LOOPBACK], ssl_context=trust, lookup=lambda host, port: [HERE])


def server_context(certificate, names=None):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    if names is not None:
        context.sni_callback = lambda sock, name, context: names.append(name)
    return context


def test_tls_is_verified_against_the_name_although_the_address_is_what_is_connected_to(tls_client, certificates):
    names = []
    context = server_context(certificates / "name.pem", names)
    with serving(saying(OK + b"\r\nsecret image"), context) as server:
        fetched = tls_client.fetch(server.url("https", "images.example"), **LIMITS)
    assert fetched.body == b"secret image"
    assert names == ["images.example"]


@pytest.mark.parametrize(("certificate", "host"), [("address", "images.example"), ("name", "other.example")])
def test_a_certificate_for_another_name_or_only_for_the_address_is_not_accepted(
    tls_client, certificates, certificate, host
):
    context = server_context(certificates / f"{certificate}.pem")
    with serving(saying(OK + b"\r\n"), context) as server:
        with pytest.raises(LinkUnreachable) as failure:
            tls_client.fetch(server.url("https", host), **LIMITS)
        assert server.heads == []
    assert "certificate" in failure.value.detail


def test_a_certificate_of_an_unknown_authority_is_not_accepted(client, certificates):
    with serving(saying(OK + b"\r\n"), server_context(certificates / "address.pem")) as server:
        with pytest.raises(LinkUnreachable) as failure:
            client.post(server.url("https"), body="{}", headers={}, seconds=5)
        assert server.heads == []
    assert "certificate" in failure.value.detail


def test_a_redirect_from_https_to_http_is_not_followed(tls_client, certificates):
    with (
        serving(saying(OK + b"\r\nplain")) as plain,
        serving(redirecting(plain.url()), server_context(certificates / "name.pem")) as server,
    ):
        with pytest.raises(LinkRefused) as refusal:
            tls_client.fetch(server.url("https", "images.example"), **LIMITS)
        assert plain.heads == []
    assert refusal.value.reason == "forbidden_address"
