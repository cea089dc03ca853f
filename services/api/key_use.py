"""When keys were last used, kept off the request path: noted in memory, written once a minute."""

import asyncio
import threading
import time
from uuid import UUID

import structlog
from fastapi.concurrency import run_in_threadpool

from shared.errors import Outage
from shared.storage import tenants
from shared.storage.db import Database

WRITE_SECONDS = 60

log = structlog.get_logger("api")


class KeyUse:
    """What could not be written is written with the next minute's. Safe to share between threads."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._used: dict[UUID, float] = {}
        self._lock = threading.Lock()

    def note(self, key_id: UUID) -> None:
        with self._lock:
            self._used[key_id] = time.monotonic()

    def write(self) -> None:
        """PostgreSQL away or read-only costs the figure and nothing else."""
        with self._lock:
            used, self._used = self._used, {}
        if not used:
            return
        now = time.monotonic()
        try:
            with self._database.transaction() as connection:
                tenants.note_key_use(connection, {key_id: now - at for key_id, at in used.items()})
        except Outage as exc:
            log.warning("key_use_not_written", keys=len(used), error=exc.detail)
            with self._lock:
                self._used = used | self._used

    async def run(self) -> None:
        """Write once a minute until cancelled."""
        while True:
            await asyncio.sleep(WRITE_SECONDS)
            await run_in_threadpool(self.write)
