"""Lists of the HTTP interface, whole or page by page: how one is read, and how a client gets its items."""

import sys
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from typing import Generic, TypeVar

from jinwi.calls.call import AsyncSend, Call, Document, Send

T = TypeVar("T")

PAGE = 100


@dataclass(frozen=True, kw_only=True, slots=True)
class Page(Generic[T]):
    """Some items of a list, and the cursor of the next page; None on the last."""

    items: list[T]
    next_cursor: str | None


Ask = Callable[[int, str | None], Call[Page[T]]]
"""The call for at most so many items, from a cursor on."""


def whole(name: str, read: Callable[[Document], T]) -> Callable[[Document], list[T]]:
    """Reads an answer whose items stand under `name`."""
    return lambda document: [read(each) for each in document[name]]


def paged(name: str, read: Callable[[Document], T], *, cursor: str = "next_cursor") -> Callable[[Document], Page[T]]:
    """Reads a page whose items stand under `name`, beside the next page's `cursor`."""
    rows = whole(name, read)
    return lambda document: Page(items=rows(document), next_cursor=document[cursor])


def items(send: Send, ask: Ask[T], limit: int | None, *, page: int = PAGE) -> Iterator[T]:
    """At most `limit` items, None: all; `page` at a time, each page fetched as it is needed."""
    left, cursor = sys.maxsize if limit is None else limit, None
    while left > 0:
        got = send(ask(min(left, page), cursor))
        yield from got.items[:left]
        left, cursor = left - len(got.items), got.next_cursor
        if cursor is None:
            return


async def async_items(send: AsyncSend, ask: Ask[T], limit: int | None, *, page: int = PAGE) -> AsyncIterator[T]:
    left, cursor = sys.maxsize if limit is None else limit, None
    while left > 0:
        got = await send(ask(min(left, page), cursor))
        for item in got.items[:left]:
            yield item
        left, cursor = left - len(got.items), got.next_cursor
        if cursor is None:
            return
