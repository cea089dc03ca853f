"""Much work, a bounded part of it under way at once: results come as each ends, items are taken as needed."""

import asyncio
import concurrent.futures
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Iterator
from itertools import islice
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")


def as_each_ends(items: Iterable[T], work: Callable[[T], R], concurrency: int) -> Iterator[R]:
    """With threads. What `work` raises is raised here, after what is under way has ended."""
    source = iter(items)
    running: set[concurrent.futures.Future[R]] = set()
    with concurrent.futures.ThreadPoolExecutor(concurrency) as pool:
        while True:
            running |= {pool.submit(work, item) for item in islice(source, concurrency - len(running))}
            if not running:
                return
            done, running = concurrent.futures.wait(running, return_when=concurrent.futures.FIRST_COMPLETED)
            for future in done:
                yield future.result()


async def async_as_each_ends(
    items: Iterable[T], work: Callable[[T], Awaitable[R]], concurrency: int
) -> AsyncGenerator[R, None]:
    """With tasks. What `work` raises is raised here, after what is under way has been cancelled."""
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
