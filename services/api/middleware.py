"""What happens around every request. Pure ASGI, so that nothing is buffered and waiting requests hold no thread."""

import asyncio
import re
import time
import uuid

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.api.errors import Problem
from shared.metrics import REQUEST_SECONDS, observe

SMALL_BODY = 64 << 10
"""Bytes that a body may have which is no upload, and that an upload may have beside its file."""

PAUSE_SECONDS = 15
"""For how long the next piece of a body may stay away."""

BODY_SECONDS = 300
"""For how long a whole body may take."""

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
                headers["X-Content-Type-Options"] = "nosniff"
                headers.setdefault("Cache-Control", "no-store")
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


class BodyLimit:
    """Stops reading a body at its limits, while it streams: `upload` bytes for a multipart body at `path`, and time."""

    def __init__(self, app: ASGIApp, *, path: str, upload: int) -> None:
        self._app = app
        self._path = path
        self._upload = upload + SMALL_BODY

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        is_upload = scope["path"] == self._path and headers.get("content-type", "").lower().startswith("multipart/")
        limit = self._upload if is_upload else SMALL_BODY
        announced = headers.get("content-length", "")
        total = int(announced) if announced.isdecimal() else 0
        received, ended = 0, False
        late = asyncio.get_running_loop().time() + BODY_SECONDS

        async def counted() -> Message:
            nonlocal received, ended
            if total <= limit:
                message = await (receive() if ended else _in_time(receive, late))
                received += len(message.get("body", b""))
                ended = not message.get("more_body", False)
            if max(total, received) > limit:
                raise Problem("too-large", f"The body is larger than the {limit:,} bytes accepted here.")
            return message

        await self._app(scope, counted, send)


async def _in_time(receive: Receive, late: float) -> Message:
    """The next piece; a client that stops sending must not hold a connection, or room for its upload, for ever."""
    try:
        async with asyncio.timeout_at(min(late, asyncio.get_running_loop().time() + PAUSE_SECONDS)):
            return await receive()
    except TimeoutError as exc:
        raise Problem(
            "too-slow",
            f"Send the body in {BODY_SECONDS} s, with no pause over {PAUSE_SECONDS} s.",
            headers={"Connection": "close"},
        ) from exc


def _observe(scope: Scope, status: int, seconds: float) -> None:
    method = scope["method"] if scope["method"] in _METHODS else "other"
    route = getattr(scope.get("route"), "path", "none")
    observe(REQUEST_SECONDS, seconds, method, route, f"{status // 100}xx")
