"""Images whose label is known, as the clients offer them: `client.gold`. Needs a key with the scope `models`."""

import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any, BinaryIO, TypedDict, Unpack

from jinwi import calls
from jinwi.calls import Call, Document, GoldFilters

PAGE = 200


class Said(TypedDict, total=False):
    """What may be said with a labelled image; `guard` is the share of new owners that judge (0 to 1)."""

    owner: str | None
    kind: str | None
    guard: float


class Gold:
    """What retraining learns from and is judged by."""

    def __init__(self, send: Callable[[Call[Any]], Any]) -> None:
        self._send = send

    def add(self, image: Path | str | bytes, label: str, **said: Unpack[Said]) -> Document:
        """Keep an image; `label` is human or ai. One that is there already stays as it is.

        Raises Refused (409) where it is there under the other label.
        """
        with _opened(image) as content:
            return self._send(calls.add_gold(content, _form(label, said)))  # type: ignore[no-any-return]

    def images(self, *, limit: int | None = None, **filters: Unpack[GoldFilters]) -> Iterator[Document]:
        """The newest first, at most `limit`; fetched as they are needed."""
        left, cursor = sys.maxsize if limit is None else limit, None
        while left > 0:
            page = self._send(calls.list_gold(filters, min(left, PAGE), cursor))
            yield from page["images"]
            left -= len(page["images"])
            cursor = page["next_cursor"]
            if cursor is None:
                return

    def counts(self, **filters: Unpack[GoldFilters]) -> list[Document]:
        """Images and owners by part and label."""
        return list(self._send(calls.list_gold(filters, 1, None))["counts"])

    def remove(self, sha256: str) -> Document:
        """Take an image out of all that is trained or judged from now on, and delete it."""
        return self._send(calls.remove_gold(sha256))  # type: ignore[no-any-return]


class AsyncGold:
    """The same with async."""

    def __init__(self, send: Callable[[Call[Any]], Awaitable[Any]]) -> None:
        self._send = send

    async def add(self, image: Path | str | bytes, label: str, **said: Unpack[Said]) -> Document:
        with _opened(image) as content:
            return await self._send(calls.add_gold(content, _form(label, said)))  # type: ignore[no-any-return]

    async def images(self, *, limit: int | None = None, **filters: Unpack[GoldFilters]) -> AsyncIterator[Document]:
        left, cursor = sys.maxsize if limit is None else limit, None
        while left > 0:
            page = await self._send(calls.list_gold(filters, min(left, PAGE), cursor))
            for image in page["images"]:
                yield image
            left -= len(page["images"])
            cursor = page["next_cursor"]
            if cursor is None:
                return

    async def counts(self, **filters: Unpack[GoldFilters]) -> list[Document]:
        return list((await self._send(calls.list_gold(filters, 1, None)))["counts"])

    async def remove(self, sha256: str) -> Document:
        return await self._send(calls.remove_gold(sha256))  # type: ignore[no-any-return]


def _opened(image: Path | str | bytes) -> AbstractContextManager[bytes | BinaryIO]:
    return nullcontext(image) if isinstance(image, bytes) else Path(image).open("rb")


def _form(label: str, said: Said) -> dict[str, str]:
    return {"label": label} | {name: str(value) for name, value in said.items() if value is not None}
