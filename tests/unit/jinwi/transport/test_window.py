import asyncio
import contextlib
import threading

import pytest

from jinwi.transport.window import THREADS, as_each_ends, async_as_each_ends


def test_threads_do_no_more_at_once_than_asked():
    barrier = threading.Barrier(3)

    def work(item):
        barrier.wait(timeout=10)
        return item * item

    assert sorted(as_each_ends(range(9), work, 3)) == [each * each for each in range(9)]
    assert barrier.n_waiting == 0


def test_what_ends_first_comes_first():
    released = threading.Event()

    def work(item):
        if item == 0:
            released.wait(timeout=10)
        return item

    results = as_each_ends(range(4), work, 2)
    assert {next(results) for _ in range(3)} == {1, 2, 3}
    released.set()
    assert list(results) == [0]


def test_an_error_ends_the_window_and_cancels_what_is_under_way():
    cancelled = []

    async def work(item):
        if item == 2:
            raise ValueError("broken")
        try:
            await asyncio.Event().wait()
        finally:
            cancelled.append(item)

    async def run():
        return [each async for each in async_as_each_ends(range(100), work, 3)]

    with pytest.raises(ValueError, match="broken"):
        asyncio.run(run())
    assert sorted(cancelled) == [0, 1]


@pytest.mark.parametrize("end", ["break", "error"])
def test_what_threads_have_under_way_is_not_waited_for_at_an_early_end(end):
    for_ever = threading.Event()

    def work(item):
        if item:
            for_ever.wait(timeout=10)
        elif end == "error":
            raise ValueError("broken")

    with contextlib.suppress(ValueError):
        for _ in as_each_ends(range(100), work, 3):
            break
    left = [thread for thread in threading.enumerate() if thread.name == THREADS]
    assert left
    assert all(thread.daemon for thread in left)
    for_ever.set()


def test_tasks_do_no_more_at_once_than_asked():
    running, most = 0, 0

    async def work(item):
        nonlocal running, most
        running += 1
        most = max(most, running)
        await asyncio.sleep(0)
        running -= 1
        return item

    async def run():
        return [each async for each in async_as_each_ends(range(50), work, 4)]

    assert sorted(asyncio.run(run())) == list(range(50))
    assert most == 4


@pytest.mark.parametrize("concurrency", [0, -1])
def test_a_window_without_room_is_refused(concurrency):
    async def run():
        return [each async for each in async_as_each_ends("a", asyncio.sleep, concurrency)]

    with pytest.raises(ValueError, match="concurrency must be 1 or more"):
        list(as_each_ends("a", str, concurrency))
    with pytest.raises(ValueError, match="concurrency must be 1 or more"):
        asyncio.run(run())


@pytest.mark.parametrize("concurrency", [1, 5])
def test_nothing_to_do_is_done_at_once(concurrency):
    assert list(as_each_ends([], str, concurrency)) == []
