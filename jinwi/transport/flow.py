"""What a client does, step by step, without doing it: generators that yield each request and each pause.

A driver carries the steps out, with threads (`jinwi.client`) or with async (`jinwi.async_client`), so that
retries and waiting are written once.
"""

import contextlib
import email.utils
import json
import math
import os
import random
import time
import uuid
from collections.abc import Generator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO, Self, TypeGuard, TypeVar

import httpx

from jinwi.calls import jobs, models
from jinwi.calls.call import Call
from jinwi.calls.jobs import Options
from jinwi.calls.upload import Counted, Progress
from jinwi.errors import ApiError, Refused, Timeout, Unavailable
from jinwi.results.jobs import Job
from jinwi.results.models import Model

T = TypeVar("T")

Source = str | os.PathLike[str] | bytes
"""An image: a path, a link (http or https) or the bytes of a file."""

PATIENCE = 75.0
"""Seconds for which one call is tried again while the server is away or busy; a rate limit's window is a minute."""

VERIFY_SECONDS = 300.0
"""Seconds allowed, if nothing else is said, until a job is final."""

LONGEST_WAIT = 30
"""Seconds for which one request asks to be held; many proxies cut at 60."""

TRY_SECONDS = 30
"""Silence after which one try is given up, beside the wait that it asked for."""

POLL_SECONDS = 1.0
"""Pause before asking again a server that did not hold the request."""

STORE_SECONDS = 120
"""For how long a server may check and store a model version that has arrived."""

MANIFEST = "manifest.json"
SIGNATURE = "model.sig"

GRACE = 2.0
"""Seconds beyond the caller's own timeout in which an answer may still come in."""

SLOW_DOWN = 429

BUSY = frozenset({SLOW_DOWN, 503})

GATEWAY = frozenset({502, 504})
"""A proxy without an answer: the call may or may not have been carried out."""

LOST = (httpx.TimeoutException, httpx.NetworkError, httpx.RemoteProtocolError)

NEVER_SENT = (httpx.ConnectError, httpx.ConnectTimeout)


@dataclass(frozen=True, kw_only=True, slots=True)
class Send:
    """Send `call`; the driver answers with the response, or throws httpx's error. `timeout` in s."""

    call: Call[Any]
    timeout: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Pause:
    seconds: float


Flow = Generator[Send | Pause, Any, T]


@dataclass(frozen=True, slots=True)
class Deadline:
    """A point on the monotonic clock."""

    at: float

    @classmethod
    def after(cls, seconds: float | None) -> Self:
        return cls(math.inf if seconds is None else time.monotonic() + seconds)

    def remaining(self) -> float:
        return max(0.0, self.at - time.monotonic())

    def with_grace(self) -> Self:
        return replace(self, at=self.at + GRACE)


NEVER = Deadline(math.inf)


class OutOfTime(Unavailable):
    """The caller's own time is over, however long the server has been away."""


def is_link(source: Source) -> TypeGuard[str]:
    return isinstance(source, str) and source.lower().startswith(("http://", "https://"))


def request(call: Call[T], patience: float, deadline: Deadline | None = None) -> Flow[T]:
    """Send until answered, for at most `patience` seconds; raises Unavailable after them.

    With the caller's own `deadline`, being told to slow down counts against that alone, which raises OutOfTime: the
    server is there, and only one such pause must not exceed `patience`. A call that is not repeatable is sent again
    only when it surely was not carried out.
    """
    own, away = deadline or NEVER, Deadline.after(patience)
    attempt = 0
    while True:
        timeout = max(0.1, min(TRY_SECONDS + call.wait, own.remaining(), away.remaining()))
        try:
            response = yield Send(call=call, timeout=timeout)
        except LOST as exc:
            failure = Unavailable(f"{exc.request.url}: {exc or type(exc).__name__}")
            if not (call.repeatable or isinstance(exc, NEVER_SENT)):
                raise failure from exc
            pause = backoff(attempt)
        except httpx.TransportError as exc:
            raise Unavailable(str(exc)) from exc
        else:
            if not _asks_for_another_try(call, response):
                return read(call, response)
            failure = Unavailable(f"{response.url} is busy", problem(response))
            pause = max(retry_after(response), backoff(attempt))
            if deadline and response.status_code == SLOW_DOWN and pause <= patience:
                away = Deadline.after(pause + patience)
        if pause >= away.remaining():
            raise failure
        if pause >= own.remaining():
            raise OutOfTime(str(failure), failure.problem)
        yield Pause(seconds=pause)
        attempt += 1


def _asks_for_another_try(call: Call[Any], response: httpx.Response) -> bool:
    return response.status_code in BUSY or (call.repeatable and response.status_code in GATEWAY)


def read(call: Call[T], response: httpx.Response) -> T:
    """What a response says; raises ApiError (Refused for a 4xx) when it is an error, or not understood."""
    if not response.is_success:
        kind = Refused if response.is_client_error else ApiError
        raise kind(response.status_code, problem(response))
    try:
        return call.read(response.content if call.raw else response.json())
    except (KeyError, TypeError, ValueError) as exc:
        detail = f"{type(exc).__name__}: {exc}"
        raise ApiError(response.status_code, {"title": "Answer not understood", "detail": detail}) from exc


def problem(response: httpx.Response) -> dict[str, Any]:
    """The problem document of an answer; made from its status when a proxy sent something else."""
    with contextlib.suppress(ValueError):
        document = response.json()
        if isinstance(document, dict) and "title" in document:
            return document
    return {"title": response.reason_phrase or "Error", "status": response.status_code}


def retry_after(response: httpx.Response) -> float:
    """Seconds that the answer asks to wait (RFC 9110, section 10.2.3: a number or a date); 0 if it does not."""
    value = response.headers.get("Retry-After", "").strip()
    if value.isdecimal():
        return float(value)
    with contextlib.suppress(ValueError, TypeError, OverflowError):
        at = email.utils.parsedate_to_datetime(value)
        return max(0.0, (at - datetime.now(UTC)).total_seconds())
    return 0.0


def backoff(attempt: int) -> float:
    """Seconds, from 0.25 doubling up to 8, shortened by chance so that clients do not return together."""
    return min(8.0, 0.25 * 2.0 ** min(attempt, 5)) * random.uniform(0.5, 1)  # noqa: S311 - spreads load


def submit(
    source: Source, options: Options, patience: float, *, wait: int = 0, deadline: Deadline | None = None
) -> Flow[Job]:
    key = options.get("idempotency_key") or uuid.uuid4().hex
    if is_link(source):
        return (yield from request(jobs.submit_link(source, options, key, wait), patience, deadline))
    with _opened(source) as image:
        return (yield from request(jobs.submit_image(image, options, key, wait), patience, deadline))


def upload_model(directory: os.PathLike[str] | str, progress: Progress, patience: float) -> Flow[Model]:
    """Send every file that the manifest names, the manifest, and the signature where there is one.

    Raises OSError and ValueError where it cannot be.
    """
    folder = Path(directory)
    names = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))["files"]
    names = [*names, MANIFEST, *([SIGNATURE] if (folder / SIGNATURE).exists() else [])]
    with contextlib.ExitStack() as stack:
        files = {name: stack.enter_context((folder / name).open("rb")) for name in names}
        counted = {name: Counted(file, progress) for name, file in files.items()}
        return (yield from request(models.upload_model(counted, STORE_SECONDS), patience + STORE_SECONDS))


def wait(job_id: str, timeout: float | None, patience: float, seen: Job | None = None) -> Flow[Job]:
    """Ask, each time letting the server hold the answer, until the job is final; raises Timeout.

    `seen` is the job as it was last seen, if it was: what Timeout carries where the server says no more in time.
    """
    deadline = Deadline.after(timeout)
    while True:
        hold, started = _hold(deadline), time.monotonic()
        try:
            seen = yield from request(jobs.get_job(job_id, hold), patience + hold, deadline.with_grace())
        except OutOfTime as exc:
            if seen is None:
                raise
            raise Timeout(seen) from exc
        if seen.final:
            return seen
        if not deadline.remaining():
            raise Timeout(seen)
        if time.monotonic() - started < POLL_SECONDS:
            yield Pause(seconds=min(POLL_SECONDS, deadline.remaining()))


def verify(source: Source, options: Options, timeout: float | None, patience: float) -> Flow[Job]:
    deadline = Deadline.after(timeout)
    hold = _hold(deadline)
    job = yield from submit(source, options, patience + hold, wait=hold, deadline=deadline.with_grace())
    if job.final:
        return job
    return (yield from wait(job.id, deadline.remaining(), patience, job))


def verify_one_of_many(source: Source, options: Options, timeout: float | None, patience: float) -> Flow[Job]:
    """As `verify`, but `timeout` counts from when the server has taken the image.

    So an image that must wait for a rate limit loses nothing, and no answer to its submission within `patience` says
    that the server is away, which is none of the image's own errors.
    """
    # Where time counts, the answer is not held back: it tells when the image was taken.
    hold = LONGEST_WAIT if timeout is None else 0
    job = yield from submit(source, options, patience + hold, wait=hold, deadline=NEVER)
    if job.final:
        return job
    return (yield from wait(job.id, timeout, patience, job))


def _hold(deadline: Deadline) -> int:
    return int(min(LONGEST_WAIT, deadline.remaining()))


def _opened(source: os.PathLike[str] | str | bytes) -> contextlib.AbstractContextManager[bytes | BinaryIO]:
    if isinstance(source, bytes):
        return contextlib.nullcontext(source)
    return Path(source).open("rb")
