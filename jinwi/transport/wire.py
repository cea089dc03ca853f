"""How a client's requests look to httpx: the server's address, the key, and each call's parts."""

import ipaddress
import os
from collections.abc import Mapping
from typing import Any, BinaryIO, TypedDict

import httpx

from jinwi.calls.call import Call
from jinwi.errors import JinwiError
from jinwi.transport.flow import Send

DEFAULT_URL = "http://127.0.0.1:8000"

ONE_WRITE_BYTES = 1_000_000
"""A body up to this size is put together before it is sent; a form is else written in ten small pieces."""


class HttpOptions(TypedDict):
    base_url: httpx.URL
    headers: dict[str, str]
    limits: httpx.Limits
    trust_env: bool


def http_options(url: str | None, key: str | None) -> HttpOptions:
    """Where and who; raises JinwiError when the address is none or the key is missing."""
    base = _address(url or os.environ.get("JINWI_URL") or DEFAULT_URL)
    key = (key or os.environ.get("JINWI_API_KEY") or "").strip()
    if not (key and key.isascii() and key.isprintable()):
        raise JinwiError("no usable API key: pass key=… or set JINWI_API_KEY")
    return {
        "base_url": base,
        "headers": {"Authorization": f"Bearer {key}", "User-Agent": "jinwi-python"},
        "limits": httpx.Limits(max_connections=None, max_keepalive_connections=64),
        # No proxy leads back to this machine's own loopback.
        "trust_env": not _is_loopback(base.host),
    }


def _address(text: str) -> httpx.URL:
    try:
        url = httpx.URL(text)
    except httpx.InvalidURL as exc:
        raise JinwiError(f"not an address of a server: {text!r} ({exc})") from exc
    if url.scheme not in {"http", "https"} or not url.host:
        raise JinwiError(f"not an address of a server: {text!r} (http://HOST:PORT or https://HOST)")
    return url


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _files(call: Call[Any]) -> Mapping[str, tuple[str, bytes | BinaryIO]] | None:
    if call.image is not None:
        # The file's own name stays with its owner.
        return {"image": ("image", call.image)}
    return {name: (name, file) for name, file in call.files.items()} if call.files else None


def build_request(http: httpx.Client | httpx.AsyncClient, step: Send) -> httpx.Request:
    call = step.call
    request = http.build_request(
        call.method,
        call.path,
        params=call.params or None,
        headers=call.headers,
        json=call.json,
        data=call.form,
        files=_files(call),
        timeout=httpx.Timeout(step.timeout, connect=min(10.0, step.timeout)),
    )
    if int(request.headers.get("Content-Length", 0)) <= ONE_WRITE_BYTES:
        request.read()
    return request
