"""No packet leaves: connections are recorded and refused, or are one end of a pair whose other end has answered."""

import ipaddress
import socket
import ssl
import threading
import time
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from services.worker.guarded_http import MAX_RETRY_AFTER, GuardedClient
from services.worker.pinned import CONNECT_SECONDS
from shared.errors import LinkRefused, LinkUnreachable
from tests.bad_links import ADDRESSES, HOSTS

PUBLIC = ipaddress.ip_address("93.184.215.14")
PRIVATE = ipaddress.ip_address("10.0.0.1")
LIMITS = {"max_bytes": 1_000, "seconds": 5, "redirects": 3}


class Dns:
    """Gives its answers in order, the last one for ever."""

    def __init__(self, *answers):
        self.answers = list(answers)
        self.asked = []

    def __call__(self, host, port):
        self.asked.append((host, port))
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


class ClosedNetwork:
    """Records who was to be connected to, and refuses."""

    def __init__(self):
        self.tried = []

    def __call__(self, address, port, seconds):
        self.tried.append((address, port))
        raise ConnectionRefusedError("connection refused")


class Answers:
    """Connections whose servers have already said what they will say, in order; keeps what they were sent."""

    def __init__(self, *answers):
        self.answers = list(answers)
        self.tried = []
        self.servers = []

    def __call__(self, address, port, seconds):
        self.tried.append((str(address), port))
        client, server = socket.socketpair()
        server.sendall(self.answers.pop(0))
        server.shutdown(socket.SHUT_WR)
        self.servers.append(server)
        return client

    def received(self):
        return [server.recv(65_536).decode() for server in self.servers]


@contextmanager
def answering(*answers, dns=None):
    network = Answers(*answers)
    try:
        yield guarded(lookup=dns or Dns([PUBLIC]), connect=network), network
    finally:
        for server in network.servers:
            server.close()


def guarded(*allowed, lookup, connect):
    # An empty context: reading the certificates for each of so many clients would take most of the time.
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    return GuardedClient(allowed, ssl_context=context, lookup=lookup, connect=connect)


def response(status, body=b"", **headers):
    lines = [f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items()]
    return f"HTTP/1.1 {status} X\r\n{''.join(lines)}\r\n".encode() + body


def fetch(client, url="http://images.example/a.jpg", **limits):
    return client.fetch(url, **LIMITS | limits)


def post(client, url="http://hooks.example/in"):
    return client.post(url, body='{"a":"가"}', headers={"Content-Type": "application/json"}, seconds=5)


@pytest.mark.parametrize("scheme", ["https", "http"])
@pytest.mark.parametrize("address", ADDRESSES)
def test_a_name_that_leads_to_a_bad_address_is_never_connected_to(address, scheme):
    dns, network = Dns([ipaddress.ip_address(address)]), ClosedNetwork()
    client = guarded(lookup=dns, connect=network)
    for send in (fetch, post):
        with pytest.raises(LinkRefused) as refusal:
            send(client, f"{scheme}://attacker.example/a.jpg")
        assert refusal.value.reason == "forbidden_address"
        assert address not in refusal.value.detail
    assert len(dns.asked) == 2
    assert network.tried == []


@pytest.mark.parametrize("scheme", ["https", "http"])
@pytest.mark.parametrize("host", HOSTS)
def test_a_bad_address_in_any_spelling_is_never_looked_up_nor_connected_to(host, scheme):
    dns, network = Dns([PUBLIC]), ClosedNetwork()
    client = guarded(lookup=dns, connect=network)
    for send in (fetch, post):
        with pytest.raises(LinkRefused):
            send(client, f"{scheme}://{host}/a.jpg")
    assert dns.asked == []
    assert network.tried == []


# A header cannot carry control characters: such an answer is no HTTP at all.
@pytest.mark.parametrize("host", [host for host in HOSTS if min(host) >= " "])
def test_a_redirect_to_any_spelling_of_a_bad_address_is_not_followed(host):
    with answering(response(302, Location=f"http://{host}/", Content_Length=0)) as (client, network):
        with pytest.raises(LinkRefused):
            fetch(client)
        assert network.tried == [(str(PUBLIC), 80)]


def test_a_name_that_changes_after_the_check_is_still_connected_to_the_checked_address():
    dns, network = Dns([PUBLIC], [PRIVATE]), ClosedNetwork()
    with pytest.raises(LinkUnreachable):
        fetch(guarded(lookup=dns, connect=network))
    assert dns.asked == [("images.example", 80)]
    assert network.tried == [(PUBLIC, 80)]


def test_a_name_that_changes_between_two_hops_is_checked_again():
    with answering(response(302, Location="/again", Content_Length=0), dns=Dns([PUBLIC], [PRIVATE])) as (
        client,
        network,
    ):
        with pytest.raises(LinkRefused) as refusal:
            fetch(client)
        assert refusal.value.reason == "forbidden_address"
        assert network.tried == [(str(PUBLIC), 80)]


def test_of_mixed_addresses_only_the_allowed_are_tried():
    network = ClosedNetwork()
    other = ipaddress.ip_address("2606:4700:4700::1111")
    client = guarded(lookup=Dns([PRIVATE, PUBLIC, ipaddress.ip_address("::1"), other]), connect=network)
    with pytest.raises(LinkUnreachable):
        fetch(client)
    assert network.tried == [(PUBLIC, 80), (other, 80)]


@pytest.mark.parametrize(
    "url", ["http://images.example:443/", "https://images.example:80/", "http://images.example:22/"]
)
def test_a_public_name_on_another_port_is_refused_though_some_network_is_allowed(url):
    network = ClosedNetwork()
    client = guarded(ipaddress.ip_network("127.0.0.0/8"), lookup=Dns([PUBLIC]), connect=network)
    with pytest.raises(LinkRefused):
        fetch(client, url)
    assert network.tried == []


def test_each_address_gets_its_turn_but_never_more_than_what_is_left():
    waits = []

    def connect(address, port, seconds):
        waits.append(seconds)
        raise TimeoutError("timed out")

    second = ipaddress.ip_address("93.184.215.15")
    client = guarded(lookup=Dns([PUBLIC, second]), connect=connect)
    for seconds in (60, 1):
        with pytest.raises(LinkUnreachable):
            fetch(client, seconds=seconds)
    assert waits[:2] == [CONNECT_SECONDS, CONNECT_SECONDS]
    assert len(waits) == 4
    assert max(waits[2:]) <= 1


def test_a_name_that_dns_does_not_know_may_be_known_later():
    def lookup(host, port):
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    with pytest.raises(LinkUnreachable) as failure:
        fetch(guarded(lookup=lookup, connect=ClosedNetwork()))
    assert "Name or service not known" in failure.value.detail


def test_a_lookup_that_hangs_is_left_behind_at_the_limit():
    never = threading.Event()
    client = guarded(lookup=lambda host, port: never.wait(30) and [], connect=ClosedNetwork())
    began = time.monotonic()
    with pytest.raises(LinkUnreachable) as failure:
        fetch(client, seconds=0.2)
    never.set()
    assert time.monotonic() - began < 2
    assert failure.value.detail == "It took longer than 0.2 s."


def test_a_fetch_says_who_asks_and_for_what_and_keeps_the_name_in_the_host_header():
    with answering(response(200, b"bytes", Content_Type="image/png", Content_Length=5)) as (client, network):
        fetched = fetch(client, "http://images.example/a%20b.jpg?x=1")
        (request,) = network.received()
    assert (fetched.body, fetched.content_type, fetched.status) == (b"bytes", "image/png", 200)
    assert fetched.final_url == "http://images.example/a%20b.jpg?x=1"
    assert request.startswith("GET /a%20b.jpg?x=1 HTTP/1.1\r\nHost: images.example\r\n")
    assert "\r\nAccept-Encoding: identity\r\n" in request
    assert "\r\nConnection: close\r\n" in request


def test_a_location_beside_a_body_is_no_redirect():
    with answering(response(201, b"image", Location="/elsewhere")) as (client, _):
        assert fetch(client).body == b"image"


def test_an_ipv6_link_is_connected_to_and_named_in_brackets():
    with answering(response(200, b"x")) as (client, network):
        assert fetch(client, "http://[2606:4700::1111]/").final_url == "http://[2606:4700::1111]/"
        (request,) = network.received()
    assert network.tried == [("2606:4700::1111", 80)]
    assert "\r\nHost: [2606:4700::1111]\r\n" in request


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 451, 304, 300])
def test_a_status_that_will_stay_is_permanent(status):
    with answering(response(status, Content_Length=0)) as (client, _), pytest.raises(LinkRefused) as refusal:
        fetch(client)
    assert refusal.value.reason == "unreachable"
    assert str(status) in refusal.value.detail


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504])
def test_a_status_that_may_pass_is_tried_again(status):
    with answering(response(status, Content_Length=0)) as (client, _), pytest.raises(LinkUnreachable):
        fetch(client)


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"SSH-2.0-OpenSSH_9.6\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
        b"HTTP/1.1 200 OK\r\nContent-Length: " + b"9" * 5_000 + b"\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\nhello",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    ],
)
def test_an_answer_that_is_not_http_is_tried_again_and_not_quoted(answer):
    with answering(answer) as (client, _), pytest.raises(LinkUnreachable) as failure:
        fetch(client)
    assert failure.value.detail == "Its server broke the rules of HTTP or hung up."


def test_a_body_of_exactly_the_limit_passes_and_one_byte_more_does_not():
    with answering(response(200, b"x" * 1_000), response(200, b"x" * 1_001)) as (client, _):
        assert len(fetch(client).body) == 1_000
        with pytest.raises(LinkRefused) as refusal:
            fetch(client)
    assert refusal.value.reason == "too_large"


def test_a_body_announced_as_too_large_is_not_read():
    with answering(response(200, Content_Length=1_001)) as (client, _), pytest.raises(LinkRefused) as refusal:
        fetch(client)
    assert refusal.value.reason == "too_large"


def test_bytes_beyond_the_announced_length_are_not_taken():
    with answering(response(200, b"image" + b"x" * 5_000, Content_Length=5)) as (client, _):
        assert fetch(client).body == b"image"


def test_a_compressed_body_is_refused():
    with (
        answering(response(200, b"\x1f\x8b", Content_Encoding="gzip")) as (client, _),
        pytest.raises(LinkRefused) as refusal,
    ):
        fetch(client)
    assert refusal.value.reason == "not_an_image"


def test_redirects_are_followed_up_to_the_limit():
    hops = [response(302, Location=f"/{n}", Content_Length=0) for n in range(4)]
    with answering(*hops[:3], response(200, b"x")) as (client, network):
        assert fetch(client).final_url == "http://images.example/2"
        assert len(network.tried) == 4
    with answering(*hops) as (client, network):
        with pytest.raises(LinkRefused) as refusal:
            fetch(client)
        assert refusal.value.reason == "unreachable"
        assert len(network.tried) == 4


@pytest.mark.parametrize("location", ["http://[", "http://[::1", "https://", "mailto:a@b.example"])
def test_a_redirect_to_no_link_is_permanent(location):
    with answering(response(302, Location=location, Content_Length=0)) as (client, _), pytest.raises(LinkRefused):
        fetch(client)


def test_a_post_sends_its_body_and_follows_no_redirect():
    answer = response(302, b"moved", Location="http://other.example/", Content_Length=5)
    with answering(answer) as (client, network):
        posted = post(client)
        (request,) = network.received()
    assert (posted.status, posted.excerpt, posted.retry_after) == (302, "moved", None)
    assert len(network.tried) == 1
    assert request.startswith("POST /in HTTP/1.1\r\nHost: hooks.example\r\n")
    assert "\r\nContent-Length: 11\r\n" in request
    assert request.endswith('\r\n\r\n{"a":"가"}')


def test_of_a_long_answer_to_a_post_the_beginning_is_kept_as_text_that_postgres_takes():
    with answering(response(200, b"a\0\xff" + b"x" * 100_000)) as (client, _):
        excerpt = post(client).excerpt
    assert excerpt.startswith("a��x")
    assert len(excerpt) == 2_048


def test_a_post_whose_answer_breaks_off_counts_by_its_status():
    with answering(response(200, b"thank", Content_Length=500)) as (client, _):
        assert post(client).excerpt == "thank"


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("120", 120),
        ("0", 0),
        ("9" * 400, MAX_RETRY_AFTER),
        ("Sun, 06 Nov 1994 08:49:37 GMT", 0),
        ("Sun, 06 Nov 2094 08:49:37 GMT", MAX_RETRY_AFTER),
        ("Sun, 06 Nov 99999999999999999999 08:49:37 GMT", None),
        ("Sun, 06 Nov 1994 08:49:37 -0000", None),
        ("-5", None),
        ("soon", None),
        ("²", None),
    ],
)
def test_retry_after_is_read_in_both_forms_and_bounded(value, seconds):
    answer = b"HTTP/1.1 503 X\r\nContent-Length: 0\r\nRetry-After: " + value.encode("latin-1") + b"\r\n\r\n"
    with answering(answer) as (client, _):
        assert post(client).retry_after == seconds


def test_retry_after_as_a_date_is_the_time_until_then():
    when = format_datetime(datetime.now(UTC) + timedelta(seconds=100), usegmt=True)
    with answering(response(429, Retry_After=when, Content_Length=0)) as (client, _):
        assert post(client).retry_after == pytest.approx(100, abs=2)
