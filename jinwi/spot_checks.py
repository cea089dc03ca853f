"""What clients do with spot checks: `client.spot_checks.list()` and so on. For keys with the scope `label`."""

import sys
from collections.abc import AsyncIterator, Awaitable, Iterator
from typing import Protocol, TypeVar
from urllib.parse import quote

from jinwi.calls import Call, Document

T = TypeVar("T")

PAGE = 100

ROOT = "/v1/spot-checks"


class Send(Protocol):
    def __call__(self, call: Call[T]) -> T: ...


class AsyncSend(Protocol):
    def __call__(self, call: Call[T]) -> Awaitable[T]: ...


def list_spot_checks(*, labelled: bool, limit: int, cursor: str | None) -> Call[Document]:
    asked = {"state": "labelled" if labelled else "waiting", "limit": str(limit)}
    return Call(method="GET", path=ROOT, read=dict, params={**asked, **({"cursor": cursor} if cursor else {})})


def read_image(check_id: str) -> Call[bytes]:
    return Call(method="GET", path=f"{_path(check_id)}/image", read=bytes, raw=True)


def label_spot_check(check_id: str, label: str, reason: str, *, regression: bool) -> Call[Document]:
    said = {"label": label, "reason": reason, "regression": regression}
    return Call(method="POST", path=_path(check_id), read=dict, json=said, repeatable=False)


def _path(check_id: str) -> str:
    return f"{ROOT}/{quote(check_id, safe='')}"


class SpotChecks:
    """Pictures on which the operator's reviewers are asked; part of a `Client`."""

    def __init__(self, send: Send) -> None:
        self._send = send

    def list(self, *, labelled: bool = False, limit: int | None = None) -> Iterator[Document]:
        """What waits for a label, or what was labelled, the oldest first, at most `limit`; fetched as it is needed."""
        left, cursor = sys.maxsize if limit is None else limit, None
        while left > 0:
            page = self._send(list_spot_checks(labelled=labelled, limit=min(left, PAGE), cursor=cursor))
            yield from page["spot_checks"]
            left -= len(page["spot_checks"])
            cursor = page["next_cursor"]
            if cursor is None:
                return

    def image(self, check_id: str) -> bytes:
        """The file as it was submitted."""
        return self._send(read_image(check_id))

    def label(self, check_id: str, label: str, reason: str, *, regression: bool = False) -> Document:
        """Say what the picture is, once: `human`, `ai` or `unsure`; `regression`: no later version may get it wrong."""
        return self._send(label_spot_check(check_id, label, reason, regression=regression))


class AsyncSpotChecks:
    """As `SpotChecks`, for an `AsyncClient`."""

    def __init__(self, send: AsyncSend) -> None:
        self._send = send

    async def list(self, *, labelled: bool = False, limit: int | None = None) -> AsyncIterator[Document]:
        left, cursor = sys.maxsize if limit is None else limit, None
        while left > 0:
            page = await self._send(list_spot_checks(labelled=labelled, limit=min(left, PAGE), cursor=cursor))
            for check in page["spot_checks"]:
                yield check
            left -= len(page["spot_checks"])
            cursor = page["next_cursor"]
            if cursor is None:
                return

    async def image(self, check_id: str) -> bytes:
        return await self._send(read_image(check_id))

    async def label(self, check_id: str, label: str, reason: str, *, regression: bool = False) -> Document:
        return await self._send(label_spot_check(check_id, label, reason, regression=regression))
