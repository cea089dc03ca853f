"""Many requests wait for many jobs over one connection and no thread."""

import asyncio
import contextlib
from collections import Counter
from uuid import UUID

import psycopg

from shared.config import Settings
from shared.storage.db import connection_string
from shared.storage.queries import QUERIES

INTERVAL = 0.015
"""Seconds between two looks while somebody waits: a quarter of it is what waiting adds to a fast job."""


class JobWatch:
    """Tells waiters when their job has ended. One query asks for all of them; none is sent while none waits."""

    def __init__(self, settings: Settings) -> None:
        self._conninfo = connection_string(settings)
        self._waiting: Counter[UUID] = Counter()
        self._ended: dict[UUID, asyncio.Event] = {}
        self._somebody_waits = asyncio.Event()
        self._dismissed = False

    async def wait(self, job_id: UUID, seconds: float) -> None:
        """Return when the job has ended, after `seconds`, or when waiters are dismissed; the caller looks which."""
        if self._dismissed:
            return
        event = self._ended.setdefault(job_id, asyncio.Event())
        self._waiting[job_id] += 1
        self._somebody_waits.set()
        try:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await event.wait()
        finally:
            self._waiting[job_id] -= 1
            if not self._waiting[job_id]:
                del self._waiting[job_id], self._ended[job_id]

    def dismiss(self) -> None:
        """Let all waiters go, and those who come: the process is about to stop."""
        self._dismissed = True
        for event in self._ended.values():
            event.set()

    async def run(self) -> None:
        """Look until cancelled; a lost connection is made again."""
        while True:
            try:
                async with await psycopg.AsyncConnection.connect(self._conninfo, autocommit=True) as connection:
                    await self._look(connection)
            except psycopg.Error:
                await asyncio.sleep(0.5)

    async def _look(self, connection: psycopg.AsyncConnection) -> None:
        while True:
            await self._somebody_waits.wait()
            rows = await connection.execute(QUERIES["final_jobs"], {"ids": list(self._ended)})
            async for (job_id,) in rows:
                if event := self._ended.get(job_id):
                    event.set()
            await asyncio.sleep(INTERVAL)
            if not self._ended:
                self._somebody_waits.clear()
