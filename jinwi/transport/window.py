"""Much work, a bounded part of it under way at once: results come as each ends, items are taken as needed."""

import asyncio
import queue
import threading
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Iterator
from concurrent.futures import Future
from itertools import islice
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")

THREADS = "jinwi-window"
"""Name of each thread."""


def as_each_ends(items: Iterable[T], work: Callable[[T], R], concurrency: int) -> Iterator[R]:
    """With threads. What `work` raises is raised here; what is under way then, or when nobody asks for more, is left
    behind and waited for no longer.
    """
    _require_some(concurrency)
    source = iter(items)
    ended: queue.SimpleQueue[Future[R]] = queue.SimpleQueue()
    running = 0
    while True:
        for item in islice(source, concurrency - running):
            # Daemons, since a thread of a pool keeps an interrupted program until it ends.
            threading.Thread(target=_do, args=(work, item, ended), name=THREADS, daemon=True).start()
            running += 1
        if not running:
            return
        done = ended.get()
        running -= 1
        yield done.result()


def _do(work: Callable[[T], R], item: T, ended: queue.SimpleQueue[Future[R]]) -> None:
    future: Future[R] = Future()
    try:
        future.set_result(work(item))
    except BaseException as exc:  # noqa: BLE001 - raised again where the result is taken
        future.set_exception(exc)
    ended.put(future)


async def async_as_each_ends(
    items: Iterable[T], work: Callable[[T], Awaitable[R]], concurrency: int
) -> AsyncGenerator[R, None]:
    """With tasks. What `work` raises is raised here, after what is under way has been cancelled."""
    _require_some(concurrency)
    source = iter(items)
    running: set[asyncio.Future[R]] = set()
    try:
        while True:
            running |= {asyncio.ensure_future(work(item)) for item in islice(source, concurrency - len(running))}
            if not running:
                return
            done, _ = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                running.discard(task)
                yield task.result()
    finally:
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)


def _require_some(concurrency: int) -> None:
    if concurrency < 1:
        raise ValueError(f"concurrency must be 1 or more, not {concurrency}")
