"""The pool, the transaction, and the one place where psycopg's errors become ours."""

import contextlib
from collections.abc import Generator
from typing import Any, TypeVar

import psycopg
from psycopg import errors
from psycopg.abc import PQGen
from psycopg.conninfo import make_conninfo
from psycopg.rows import DictRow, dict_row
from psycopg_pool import ConnectionPool, PoolTimeout, TooManyRequests

from shared.config import Settings
from shared.errors import Outage

Connection = psycopg.Connection[DictRow]

T = TypeVar("T")

CHECK_SECONDS = 2
"""For how long a pooled connection may take to show that its server is there."""

ANSWER_SECONDS = 35
"""For how long a server may be silent during a statement: the server's own bound, and time to say so."""

# Server-side bounds of one statement, one wait for a lock and one idle transaction.
SERVER_OPTIONS = "-c statement_timeout=30s -c lock_timeout=10s -c idle_in_transaction_session_timeout=60s"


def connection_string(settings: Settings) -> str:
    extra: dict[str, Any] = {
        "application_name": "jinwi",
        "connect_timeout": 5,
        "options": SERVER_OPTIONS,
        # A server whose machine or network vanished: without these, TCP waits for it for a quarter of an hour.
        "tcp_user_timeout": 15_000,
        "keepalives_idle": 10,
        "keepalives_interval": 5,
        "keepalives_count": 2,
    }
    if settings.postgres_password is not None:
        extra["password"] = settings.postgres_password.get_secret_value()
    return make_conninfo(settings.postgres_dsn, **extra)


@contextlib.contextmanager
def translated() -> Generator[None]:
    """Raise `Outage` for what passes (server gone, read-only, full, busy); everything else is a bug and stays."""
    try:
        yield
    except (
        psycopg.OperationalError,
        psycopg.InterfaceError,
        errors.ReadOnlySqlTransaction,
        errors.IdleInTransactionSessionTimeout,
        PoolTimeout,
        TooManyRequests,
    ) as exc:
        raise Outage("postgres", str(exc).strip() or type(exc).__name__) from exc


class PatientConnection(psycopg.Connection[DictRow]):
    """Gives up a server that is there and does not answer: frozen, or on a disk that hangs.

    The server's bounds do not help then, nor do TCP's, for its kernel goes on acknowledging: without this, a request
    would hang for as long as the server is frozen.
    """

    patience: float = ANSWER_SECONDS

    def wait(self, gen: PQGen[T], interval: float = 0.1, timeout: float | None = None) -> T:
        """As the base class, which calls it for everything that goes to the server."""
        timeout = self.patience if timeout is None else timeout
        try:
            return super().wait(gen, interval, timeout)
        except errors._WaitTimeout as exc:  # noqa: SLF001 - it has no public name
            # The answer may still come, to whatever would be asked next.
            self.pgconn.finish()
            raise psycopg.OperationalError(f"the server did not answer within {timeout:g} s") from exc


def _check(connection: PatientConnection) -> None:
    """Raise unless the server answers soon."""
    connection.patience = CHECK_SECONDS
    ConnectionPool.check_connection(connection)
    connection.patience = ANSWER_SECONDS


class Database:
    """A pool of connections. Open it after a fork, never before; close it at the end."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._pool: ConnectionPool[PatientConnection] = ConnectionPool(
            connection_string(settings),
            connection_class=PatientConnection,
            min_size=1,
            max_size=settings.postgres_pool,
            kwargs={"row_factory": dict_row},
            check=_check,
            timeout=5,
            # The pause between two tries doubles up to this: a server that is back is found as soon.
            reconnect_timeout=3,
            open=False,
        )

    def open(self) -> None:
        self._pool.open()

    def close(self) -> None:
        self._pool.close(timeout=5)

    @contextlib.contextmanager
    def transaction(self) -> Generator[Connection]:
        """One transaction: committed at the end, rolled back by an exception. Raises Outage."""
        with translated(), self._pool.connection() as connection:
            yield connection
