"""What clients do with retraining runs: `client.retraining.start()` and so on."""

import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Protocol, TypeVar, Unpack

from jinwi.calls import retraining as calls
from jinwi.calls.call import Call, id_of
from jinwi.calls.lists import async_items, items
from jinwi.calls.retraining import RunOptions
from jinwi.errors import RunTimeout
from jinwi.results.retraining import Run
from jinwi.transport import flow
from jinwi.transport.flow import Deadline, Flow, Pause

T = TypeVar("T")

Tell = Callable[[Run], None]

LOOK_SECONDS = 1.0
"""Pause between two looks at a run: its progress is no younger."""


class Perform(Protocol):
    def __call__(self, steps: Flow[T]) -> T: ...


class AsyncPerform(Protocol):
    def __call__(self, steps: Flow[T]) -> Awaitable[T]: ...


def unheard(_: Run) -> None:
    """Progress that nobody watches."""


class Retraining:
    """Runs that train, judge and publish model versions; part of a `Client`."""

    def __init__(self, perform: Perform, patience: float) -> None:
        self._perform = perform
        self._patience = patience

    def start(self, **options: Unpack[RunOptions]) -> Run:
        """Ask for a run; it waits for those before it. Raises Refused where no retrainer is alive."""
        return self._send(_start(options))

    def wait(self, run: Run | str, *, timeout: float | None = None, tell: Tell = unheard) -> Run:
        """Wait until the run has ended; `tell` hears how it stands. `timeout` in seconds; raises RunTimeout."""
        return self._perform(follow(id_of(run), timeout, self._patience, tell))

    def get(self, run_id: str) -> Run:
        return self._send(calls.get_run(run_id))

    def cancel(self, run: Run | str) -> Run:
        """At once while it is queued, at its next step while it runs."""
        return self._send(calls.cancel_run(id_of(run)))

    def list(self, *, limit: int | None = None) -> Iterator[Run]:
        """All runs, newest first, at most `limit`; fetched as they are needed."""
        return items(self._send, calls.list_runs, limit)

    def _send(self, call: Call[T]) -> T:
        return self._perform(flow.request(call, self._patience))


class AsyncRetraining:
    """`Retraining` for async programs: the same methods, awaited; part of an `AsyncClient`."""

    def __init__(self, perform: AsyncPerform, patience: float) -> None:
        self._perform = perform
        self._patience = patience

    async def start(self, **options: Unpack[RunOptions]) -> Run:
        return await self._send(_start(options))

    async def wait(
        self,
        run: Run | str,
        *,
        timeout: float | None = None,  # noqa: ASYNC109 - as Retraining's
        tell: Tell = unheard,
    ) -> Run:
        return await self._perform(follow(id_of(run), timeout, self._patience, tell))

    async def get(self, run_id: str) -> Run:
        return await self._send(calls.get_run(run_id))

    async def cancel(self, run: Run | str) -> Run:
        return await self._send(calls.cancel_run(id_of(run)))

    def list(self, *, limit: int | None = None) -> AsyncIterator[Run]:
        return async_items(self._send, calls.list_runs, limit)

    async def _send(self, call: Call[T]) -> T:
        return await self._perform(flow.request(call, self._patience))


def follow(run_id: str, timeout: float | None, patience: float, tell: Tell) -> Flow[Run]:
    """Look until the run has ended; raises RunTimeout."""
    deadline = Deadline.after(timeout)
    while True:
        run = yield from flow.request(calls.get_run(run_id), patience)
        tell(run)
        if run.final:
            return run
        if not deadline.remaining():
            raise RunTimeout(run)
        yield Pause(seconds=min(LOOK_SECONDS, deadline.remaining()))


def _start(options: RunOptions) -> Call[Run]:
    return calls.start_run(options, options.get("idempotency_key") or uuid.uuid4().hex)
