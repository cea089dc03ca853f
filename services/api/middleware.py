"""What happens around every request. Pure ASGI, so that nothing is buffered and waiting requests hold no thread."""

import asyncio
import re
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.api import limits
from services.api.errors import Problem
from shared.metrics import REQUEST_SECONDS, observe

SMALL_BODY = 64 << 10
"""Bytes that a body may have which is no upload, and that an upload may have beside its file."""

PAUSE_SECONDS = 15
"""For how long the next piece of a body may stay away."""

LEAST_PACE = 8 << 10
"""Bytes a second that a body must have come to from its start once PAUSE_SECONDS are over: a mobile line of the slowest
kind sends more, and whoever drips does not keep others from a place."""

BODY_SECONDS = 300
"""For how long a whole body may take that is no large upload."""

# For every answer, unless the route says something else: what we answer is data for programs, to be read by our own
# pages and by no other, and to be run, framed or kept by nobody.
SECURITY_HEADERS: Mapping[str, str] = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}

STANDINGS = "standings"
"""Under this name `request.state` keeps what the limits say of a request (`services.api.limits.Standing`)."""

_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_METHODS = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE"})

log = structlog.get_logger("api")


class RequestContext:
    """Names the request in logs and answer, measures it, and turns the unexpected into a 500 without internals."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        given = Headers(scope=scope).get("x-request-id", "")
        request_id = given if _REQUEST_ID.fullmatch(given) else uuid.uuid4().hex
        began = time.perf_counter()
        status = 500

        async def named(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                headers["X-Request-ID"] = request_id
                headers.update(limits.headers(scope.get("state", {}).get(STANDINGS, ())))
                for name, value in SECURITY_HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        with structlog.contextvars.bound_contextvars(request_id=request_id):
            try:
                await self._answer(scope, receive, named)
            finally:
                _observe(scope, status, time.perf_counter() - began)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = False

        async def watched(message: Message) -> None:
            nonlocal started
            started = True
            await send(message)

        try:
            await self._app(scope, receive, watched)
        except Exception:
            log.exception("request_failed", method=scope["method"], path=scope["path"])
            if started:
                raise
            await Problem("internal", "It was logged under the request id of this answer.").response()(
                scope, receive, send
            )


@dataclass(frozen=True, kw_only=True, slots=True)
class Upload:
    """What a multipart body may take: `bytes` for its files, and `seconds` to arrive (None: as any other body)."""

    bytes: int
    seconds: float | None = None


class BodyLimit:
    """Stops reading a body at its limits, while it streams: those of an upload at its path, and of small ones else.

    The paths of `uploads` that end in a slash hold for all paths below.
    """

    def __init__(self, app: ASGIApp, *, uploads: Mapping[str, Upload]) -> None:
        self._app = app
        self._uploads = uploads

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        is_form = headers.get("content-type", "").lower().startswith("multipart/")
        upload = self._upload(scope["path"]) if is_form else None
        limit = SMALL_BODY + (upload.bytes if upload else 0)
        seconds = (upload and upload.seconds) or BODY_SECONDS
        announced = headers.get("content-length", "")
        total = int(announced) if announced.isdecimal() else 0
        received, ended = 0, False
        began = asyncio.get_running_loop().time()

        async def counted() -> Message:
            nonlocal received, ended
            if total <= limit:
                late = began + min(seconds, PAUSE_SECONDS + received / LEAST_PACE)
                message = await (receive() if ended else _in_time(receive, late, seconds))
                received += len(message.get("body", b""))
                ended = not message.get("more_body", False)
            if max(total, received) > limit:
                raise Problem("too-large", f"The body is larger than the {limit:,} bytes accepted here.")
            return message

        await self._app(scope, counted, send)

    def _upload(self, path: str) -> Upload | None:
        folders = (upload for name, upload in self._uploads.items() if name.endswith("/") and path.startswith(name))
        return self._uploads.get(path) or next(folders, None)


async def _in_time(receive: Receive, late: float, seconds: float) -> Message:
    """The next piece; a client that stops sending must not hold a connection, or room for its upload, for ever."""
    try:
        async with asyncio.timeout_at(min(late, asyncio.get_running_loop().time() + PAUSE_SECONDS)):
            return await receive()
    except TimeoutError as exc:
        raise Problem(
            "too-slow",
            f"Send the body in {seconds:g} s, at {LEAST_PACE:,} bytes a second or more, "
            f"with no pause over {PAUSE_SECONDS} s.",
            headers={"Connection": "close"},
        ) from exc


def _observe(scope: Scope, status: int, seconds: float) -> None:
    method = scope["method"] if scope["method"] in _METHODS else "other"
    route = getattr(scope.get("route"), "path", "none")
    observe(REQUEST_SECONDS, seconds, method, route, f"{status // 100}xx")
