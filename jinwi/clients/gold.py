"""Images whose label is known, as the clients offer them: `client.gold`. Needs a key with the scope `models`."""

from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from pathlib import Path
from typing import BinaryIO, TypedDict, Unpack

from jinwi.calls import gold as calls
from jinwi.calls.call import AsyncSend, Document, Send
from jinwi.calls.gold import GoldFilters
from jinwi.calls.lists import async_items, items

PAGE = 200


class Said(TypedDict, total=False):
    """What may be said with a labelled image; `guard` is the share of new owners that judge (0 to 1)."""

    owner: str | None
    kind: str | None
    guard: float


class Gold:
    """What retraining learns from and is judged by."""

    def __init__(self, send: Send) -> None:
        self._send = send

    def add(self, image: Path | str | bytes, label: str, **said: Unpack[Said]) -> Document:
        """Keep an image; `label` is human or ai. One that is there already stays as it is.

        Raises Refused (409) where it is there under the other label.
        """
        with _opened(image) as content:
            return self._send(calls.add_gold(content, _form(label, said)))

    def images(self, *, limit: int | None = None, **filters: Unpack[GoldFilters]) -> Iterator[Document]:
        """The newest first, at most `limit`; fetched as they are needed."""
        return items(self._send, partial(calls.list_gold, filters), limit, page=PAGE)

    def counts(self, **filters: Unpack[GoldFilters]) -> list[Document]:
        """Images and owners by part and label."""
        return self._send(calls.count_gold(filters))

    def remove(self, sha256: str) -> Document:
        """Take an image out of all that is trained or judged from now on, and delete it."""
        return self._send(calls.remove_gold(sha256))


class AsyncGold:
    """The same with async."""

    def __init__(self, send: AsyncSend) -> None:
        self._send = send

    async def add(self, image: Path | str | bytes, label: str, **said: Unpack[Said]) -> Document:
        with _opened(image) as content:
            return await self._send(calls.add_gold(content, _form(label, said)))

    def images(self, *, limit: int | None = None, **filters: Unpack[GoldFilters]) -> AsyncIterator[Document]:
        return async_items(self._send, partial(calls.list_gold, filters), limit, page=PAGE)

    async def counts(self, **filters: Unpack[GoldFilters]) -> list[Document]:
        return await self._send(calls.count_gold(filters))

    async def remove(self, sha256: str) -> Document:
        return await self._send(calls.remove_gold(sha256))


def _opened(image: Path | str | bytes) -> AbstractContextManager[bytes | BinaryIO]:
    return nullcontext(image) if isinstance(image, bytes) else Path(image).open("rb")


def _form(label: str, said: Said) -> dict[str, str]:
    return {"label": label} | {name: str(value) for name, value in said.items() if value is not None}
