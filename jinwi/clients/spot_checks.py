"""What clients do with spot checks: `client.spot_checks.list()` and so on. For keys with the scope `label`."""

from collections.abc import AsyncIterator, Iterator
from functools import partial

from jinwi.calls import spot_checks as calls
from jinwi.calls.call import AsyncSend, Document, Send
from jinwi.calls.lists import async_items, items


class SpotChecks:
    """Pictures on which the operator's reviewers are asked; part of a `Client`."""

    def __init__(self, send: Send) -> None:
        self._send = send

    def list(self, *, labelled: bool = False, limit: int | None = None) -> Iterator[Document]:
        """What waits for a label, or what was labelled, the oldest first, at most `limit`; fetched as it is needed."""
        return items(self._send, partial(calls.list_spot_checks, labelled), limit)

    def image(self, check_id: str) -> bytes:
        """The file as it was submitted."""
        return self._send(calls.read_image(check_id))

    def label(self, check_id: str, label: str, reason: str, *, regression: bool = False) -> Document:
        """Say what the picture is, once: `human`, `ai` or `unsure`; `regression`: no later version may get it wrong."""
        return self._send(calls.label_spot_check(check_id, label, reason, regression=regression))


class AsyncSpotChecks:
    """As `SpotChecks`, for an `AsyncClient`."""

    def __init__(self, send: AsyncSend) -> None:
        self._send = send

    def list(self, *, labelled: bool = False, limit: int | None = None) -> AsyncIterator[Document]:
        return async_items(self._send, partial(calls.list_spot_checks, labelled), limit)

    async def image(self, check_id: str) -> bytes:
        return await self._send(calls.read_image(check_id))

    async def label(self, check_id: str, label: str, reason: str, *, regression: bool = False) -> Document:
        return await self._send(calls.label_spot_check(check_id, label, reason, regression=regression))
