"""What clients do with links and appeals: `client.links.create(job)`, `client.appeals.list()` and so on."""

from collections.abc import AsyncIterator, Iterator
from datetime import datetime
from functools import partial
from typing import Unpack

from jinwi.calls import people as calls
from jinwi.calls.call import AsyncSend, Send, id_of
from jinwi.calls.lists import async_items, items
from jinwi.calls.people import AppealFilters, Decision
from jinwi.results.jobs import Job
from jinwi.results.people import Appeal, Link


class Links:
    """Permanent links to results, for people without a key; part of a `Client`."""

    def __init__(self, send: Send) -> None:
        self._send = send

    def create(self, job: Job | str, *, expires_at: datetime | None = None) -> Link:
        """A new link; its `path`, below the server's address, is in this answer and never shown again."""
        return self._send(calls.create_link(id_of(job), expires_at))

    def list(self, job: Job | str) -> list[Link]:
        return self._send(calls.list_links(id_of(job)))

    def revoke(self, job: Job | str, link: Link | str) -> Link:
        """Let nobody read the result by this link any more."""
        return self._send(calls.revoke_link(id_of(job), id_of(link)))


class Appeals:
    """Appeals against the results of the key's tenant; part of a `Client`."""

    def __init__(self, send: Send) -> None:
        self._send = send

    def list(self, *, limit: int | None = None, **filters: Unpack[AppealFilters]) -> Iterator[Appeal]:
        """Newest first, at most `limit`, fetched as they are needed."""
        return items(self._send, partial(calls.list_appeals, filters), limit)

    def get(self, appeal_id: str) -> Appeal:
        return self._send(calls.get_appeal(appeal_id))

    def file(self, appeal: Appeal | str, number: int) -> bytes:
        """The bytes of a file that came with it. Nobody has opened it: treat it as any unknown file."""
        return self._send(calls.get_appeal_file(id_of(appeal), number))

    def decide(
        self, appeal: Appeal | str, outcome: str, *, reason: str, reviewer: str, **further: Unpack[Decision]
    ) -> Appeal:
        """`upheld`: the verdict stands; `overturned`: it does not. Whoever has the link reads the reason."""
        return self._send(calls.decide_appeal(id_of(appeal), outcome, reason, reviewer, further))


class AsyncLinks:
    """`Links` for async programs: the same methods, awaited; part of an `AsyncClient`."""

    def __init__(self, send: AsyncSend) -> None:
        self._send = send

    async def create(self, job: Job | str, *, expires_at: datetime | None = None) -> Link:
        return await self._send(calls.create_link(id_of(job), expires_at))

    async def list(self, job: Job | str) -> list[Link]:
        return await self._send(calls.list_links(id_of(job)))

    async def revoke(self, job: Job | str, link: Link | str) -> Link:
        return await self._send(calls.revoke_link(id_of(job), id_of(link)))


class AsyncAppeals:
    """`Appeals` for async programs: the same methods, awaited; part of an `AsyncClient`."""

    def __init__(self, send: AsyncSend) -> None:
        self._send = send

    def list(self, *, limit: int | None = None, **filters: Unpack[AppealFilters]) -> AsyncIterator[Appeal]:
        return async_items(self._send, partial(calls.list_appeals, filters), limit)

    async def get(self, appeal_id: str) -> Appeal:
        return await self._send(calls.get_appeal(appeal_id))

    async def file(self, appeal: Appeal | str, number: int) -> bytes:
        return await self._send(calls.get_appeal_file(id_of(appeal), number))

    async def decide(
        self, appeal: Appeal | str, outcome: str, *, reason: str, reviewer: str, **further: Unpack[Decision]
    ) -> Appeal:
        return await self._send(calls.decide_appeal(id_of(appeal), outcome, reason, reviewer, further))
