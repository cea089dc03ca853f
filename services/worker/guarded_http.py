"""The one HTTP client for links and callbacks that strangers name.

Each hop is looked up once, each address is checked, and only checked ones are connected to. Of several addresses
those which are not allowed are left out, and the link is refused when none remains: what is never connected to
does no harm, and localhost (127.0.0.1 and ::1) or a network with DNS64 keeps working. No proxies, no netrc, no
cookies, no connection shared by two requests, nothing decompressed.
"""

import ssl
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from urllib.parse import quote, urljoin

import httpcore
import httpx

from services.worker.pinned import (
    Connect,
    Deadline,
    Lookup,
    PinnedBackend,
    look_up,
    system_connect,
    system_lookup,
)
from shared.domain.link import IpAddress, IpNetwork, Link, check_link, forbidden, is_allowed_address
from shared.errors import LinkRefused, LinkUnreachable

USER_AGENT = "Jinwi (image verification)"
REDIRECTS = frozenset({301, 302, 303, 307, 308})
PASSING = frozenset({408, 425, 429})
"""Client errors that mean: later."""

MAX_RETRY_AFTER = 86_400.0
"""Seconds; a longer `Retry-After` counts as this."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Fetched:
    """A body that was answered with a 2xx status; `content_type` is the server's claim."""

    body: bytes
    final_url: str
    content_type: str | None
    status: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Posted:
    """Any answer to a POST, redirects too; `retry_after` in seconds, `excerpt` the body's first bytes as text."""

    status: int
    retry_after: float | None
    excerpt: str


class GuardedClient:
    """Raises LinkRefused for what stays wrong and LinkUnreachable for what may pass; safe to share by threads.

    `allowed` are the operator's own networks, reachable on any port. `lookup` and `connect` stand in for DNS
    and sockets.
    """

    def __init__(
        self,
        allowed: Sequence[IpNetwork] = (),
        *,
        ssl_context: ssl.SSLContext | None = None,
        lookup: Lookup = system_lookup,
        connect: Connect = system_connect,
    ) -> None:
        self._allowed = tuple(allowed)
        # Mozilla's certificates, or those that SSL_CERT_FILE or SSL_CERT_DIR name: an operator's own authority.
        self._ssl_context = ssl_context or httpx.create_ssl_context()
        self._lookup = lookup
        self._connect = connect

    def fetch(self, url: str, *, max_bytes: int, seconds: float, redirects: int) -> Fetched:
        """GET; `seconds` is the wall-clock limit of it all, lookups and `redirects` hops included."""
        deadline = Deadline(seconds)
        link = check_link(url, allowed=self._allowed)
        headers = {"Accept": "image/*", "Accept-Encoding": "identity"}
        for _ in range(redirects + 1):
            with self._exchange("GET", link, headers, deadline) as response:
                location = _header(response, b"location")
                if response.status not in REDIRECTS or location is None:
                    return _received(link, response, max_bytes)
            link = self._redirected(link, location)
        raise LinkRefused("unreachable", f"It redirects more than {redirects} times.")

    def post(
        self,
        url: str,
        *,
        body: str,
        headers: Mapping[str, str],
        seconds: float,
        max_response_bytes: int = 2_048,
    ) -> Posted:
        """POST without following redirects; the answer counts once its status and headers are here."""
        link = check_link(url, allowed=self._allowed)
        headers = {"Accept-Encoding": "identity", **headers}
        with self._exchange("POST", link, headers, Deadline(seconds), body.encode()) as response:
            return Posted(
                status=response.status,
                retry_after=_retry_after(_header(response, b"retry-after")),
                excerpt=_excerpt(response, max_response_bytes),
            )

    def _redirected(self, link: Link, location: bytes) -> Link:
        try:
            url = urljoin(str(link), quote(location, safe="!#$%&'()*+,/:;=?@[]~"))
        except ValueError as exc:
            raise LinkRefused("unreachable", "It redirects to something that is not a link.") from exc
        target = check_link(url, allowed=self._allowed)
        if link.scheme == "https" and target.scheme == "http":
            raise LinkRefused("forbidden_address", "It redirects from https to http.")
        return target

    def _checked_addresses(self, link: Link, deadline: Deadline) -> list[IpAddress]:
        if link.address is not None:
            found: Sequence[IpAddress] = [link.address]
        else:
            found = look_up(link.host, link.port, lookup=self._lookup, deadline=deadline)
        checked = [
            address
            for address in found
            if is_allowed_address(address, scheme=link.scheme, port=link.port, allowed=self._allowed)
        ]
        if not checked:
            raise forbidden(link)
        return checked

    @contextmanager
    def _exchange(
        self, method: str, link: Link, headers: Mapping[str, str], deadline: Deadline, content: bytes | None = None
    ) -> Iterator[httpcore.Response]:
        """One request to `link`, connected to an address checked just now; closed at the end."""
        url = httpcore.URL(scheme=link.scheme, host=link.host, port=link.port, target=link.target)
        headers = {"Host": link.authority, "User-Agent": USER_AGENT, "Connection": "close", **headers}
        try:
            addresses = self._checked_addresses(link, deadline)
            backend = PinnedBackend(addresses, connect=self._connect, deadline=deadline)
            with (
                httpcore.HTTPConnection(
                    url.origin, ssl_context=self._ssl_context, network_backend=backend
                ) as connection,
                connection.stream(method, url, headers=[*headers.items()], content=content) as response,
            ):
                yield response
        except (OSError, httpcore.NetworkError, httpcore.RemoteProtocolError) as exc:
            raise LinkUnreachable("unreachable", _sentence(exc, deadline)) from exc


def _sentence(exc: Exception, deadline: Deadline) -> str:
    if deadline.passed:
        return f"It took longer than {deadline.seconds:g} s."
    if isinstance(exc, httpcore.RemoteProtocolError):
        return "Its server broke the rules of HTTP or hung up."  # the exception may quote what it sent
    return f"The connection failed: {exc}."


def _header(response: httpcore.Response, name: bytes) -> bytes | None:
    return next((value for key, value in response.headers if key.lower() == name), None)


def _received(link: Link, response: httpcore.Response, max_bytes: int) -> Fetched:
    status = response.status
    if status >= 500 or status in PASSING:
        raise LinkUnreachable("unreachable", f"Its server answered {status}.")
    if not 200 <= status < 300:
        raise LinkRefused("unreachable", f"Its server answered {status}.")
    encoding = _header(response, b"content-encoding") or b"identity"
    if encoding.strip().lower() != b"identity":
        raise LinkRefused("not_an_image", "Its server sends it compressed, which was not asked for.")
    content_type = _header(response, b"content-type")
    return Fetched(
        body=_body(response, max_bytes),
        final_url=str(link),
        content_type=content_type.decode("latin-1") if content_type else None,
        status=status,
    )


def _body(response: httpcore.Response, max_bytes: int) -> bytes:
    too_large = LinkRefused("too_large", f"It sends more than {max_bytes} bytes.")
    if int(_header(response, b"content-length") or 0) > max_bytes:
        raise too_large
    body = bytearray()
    for chunk in response.iter_stream():
        body += chunk
        if len(body) > max_bytes:
            raise too_large
    return bytes(body)


def _excerpt(response: httpcore.Response, max_bytes: int) -> str:
    body = bytearray()
    # The receiver has answered: a body that breaks off or drips only shortens what we keep of it.
    with suppress(httpcore.NetworkError, httpcore.RemoteProtocolError):
        for chunk in response.iter_stream():
            body += chunk
            if len(body) >= max_bytes:
                break
    # Postgres keeps no NUL in text.
    return body[:max_bytes].decode("utf-8", errors="replace").replace("\0", "�")


def _retry_after(value: bytes | None) -> float | None:
    """Seconds from now of either form that RFC 9110, section 10.2.3 knows; None for anything else."""
    text = (value or b"").decode("latin-1").strip()
    if text.isascii() and text.isdigit():
        return min(float(text), MAX_RETRY_AFTER)
    with suppress(ValueError, TypeError, OverflowError):
        seconds = (parsedate_to_datetime(text) - datetime.now(UTC)).total_seconds()
        return min(max(seconds, 0.0), MAX_RETRY_AFTER)
    return None
