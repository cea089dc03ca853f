"""One holder at a time: an advisory lock on a connection of its own, gone when the connection is."""

import contextlib
from collections.abc import Callable, Generator

import psycopg

from shared.config import Settings
from shared.errors import Busy
from shared.patience import patiently
from shared.storage.db import connection_string, translated

SWEEPER = 0x6A696E7701
MAINTENANCE = 0x6A696E7702
REGISTRATION = 0x6A696E7703
RETRAINING = 0x6A696E7706
SCHEDULER = 0x6A696E7707


@contextlib.contextmanager
def only_one(settings: Settings, key: int) -> Generator[Callable[[], bool] | None]:
    """Yield None when another holds `key`; else a function that says whether it is still ours. Raises Outage."""
    with translated(), psycopg.connect(connection_string(settings), autocommit=True) as connection:
        row = connection.execute("SELECT pg_try_advisory_lock(%s)", (key,)).fetchone()
        if row is None or not row[0]:
            yield None
            return

        def still_held() -> bool:
            try:
                connection.execute("SELECT 1")
            except psycopg.Error:
                return False
            return True

        yield still_held


@contextlib.contextmanager
def alone(settings: Settings, key: int, *, seconds: float) -> Generator[None]:
    """Hold `key`, which whoever holds it now may need for so long; raises Busy when it takes longer, and Outage."""
    with contextlib.ExitStack() as stack:

        def hold() -> None:
            with contextlib.ExitStack() as attempt:
                if attempt.enter_context(only_one(settings, key)) is None:
                    raise Busy("lock", "another process is at the same work")
                stack.enter_context(attempt.pop_all())

        patiently(hold, seconds)
        yield
