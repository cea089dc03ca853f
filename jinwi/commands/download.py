"""A file of a web server that nobody here vouches for: over TLS, up to a limit of bytes and of time."""

import ipaddress
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import httpx

from jinwi.session import Complaint
from jinwi.terminal import Terminal
from shared.domain.link import IpNetwork

REDIRECTS = 5
SECONDS = 3600.0
"""For how long the whole download may take."""
SILENCE_SECONDS = 30.0
OK = 200


@dataclass(frozen=True, kw_only=True, slots=True)
class Limits:
    """`late` is when it must be here, by the monotonic clock."""

    bytes: int
    late: float


def download(
    terminal: Terminal,
    url: str,
    target: Path,
    *,
    max_bytes: int,
    allowed: Sequence[IpNetwork],
    advance: Callable[[int], None],
) -> None:
    """Write what `url` leads to into `target`; `advance` is told how many bytes more came. Raises Complaint."""
    language = terminal.language
    limits = Limits(bytes=max_bytes, late=time.monotonic() + SECONDS)
    try:
        with httpx.Client(timeout=httpx.Timeout(SILENCE_SECONDS, connect=10.0)) as http:
            for _ in range(REDIRECTS + 1):
                _require_safe(terminal, url, allowed)
                with http.stream("GET", url, headers={"Accept-Encoding": "identity"}) as answer:
                    if answer.next_request is not None:
                        url = str(answer.next_request.url)
                        continue
                    _require_whole(terminal, url, answer, limits)
                    with target.open("wb") as file:
                        for piece in _pieces(terminal, url, answer, limits):
                            file.write(piece)
                            advance(len(piece))
                    return
    except (httpx.TransportError, httpx.InvalidURL, httpx.DecodingError) as exc:
        raise Complaint(language.not_downloaded.format(url=url, reason=exc or type(exc).__name__)) from exc
    raise Complaint(language.not_downloaded.format(url=url, reason=language.too_many_redirects))


def _require_safe(terminal: Terminal, url: str, allowed: Sequence[IpNetwork]) -> None:
    """Without TLS only from this machine, or from a network that the settings allow."""
    try:
        parsed = httpx.URL(url)
    except httpx.InvalidURL as exc:
        raise Complaint(terminal.language.insecure_address.format(url=url), code=2) from exc
    if parsed.host and (parsed.scheme == "https" or (parsed.scheme == "http" and _is_near(parsed.host, allowed))):
        return
    raise Complaint(terminal.language.insecure_address.format(url=url), code=2)


def _is_near(host: str, allowed: Sequence[IpNetwork]) -> bool:
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host == "localhost"
    return address.is_loopback or any(address in network for network in allowed)


def _require_whole(terminal: Terminal, url: str, answer: httpx.Response, limits: Limits) -> None:
    """The file itself, not an error, packed or announced to be too large."""
    if answer.status_code != OK or "content-encoding" in answer.headers:
        reason = f"{answer.status_code} {answer.reason_phrase}"
        raise Complaint(terminal.language.not_downloaded.format(url=url, reason=reason))
    announced = answer.headers.get("content-length", "")
    if announced.isdecimal() and int(announced) > limits.bytes:
        raise Complaint(terminal.language.download_too_large.format(url=url, limit=limits.bytes))


def _pieces(terminal: Terminal, url: str, answer: httpx.Response, limits: Limits) -> Iterator[bytes]:
    came = 0
    for piece in answer.iter_raw(1 << 16):
        came += len(piece)
        if came > limits.bytes:
            raise Complaint(terminal.language.download_too_large.format(url=url, limit=limits.bytes))
        if time.monotonic() > limits.late:
            raise Complaint(terminal.language.download_too_slow.format(url=url, minutes=SECONDS / 60))
        yield piece
