"""What was sent, and sending it again: deliveries as their tenant sees them."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg import sql

from shared.storage.db import Connection
from shared.storage.queries import QUERIES

Row = Mapping[str, Any]


def page(connection: Connection, tenant_id: UUID, *, limit: int, **filters: Any) -> list[Row]:
    """Newest first. `filters`: before_id, endpoint_id, state, event, job_id."""
    given = {name: value for name, value in filters.items() if value is not None}
    conditions = [sql.SQL(QUERIES[f"list_deliveries_{name}"].decode()) for name in given]
    statement = sql.SQL(QUERIES["list_deliveries"].decode()).format(
        conditions=sql.SQL(" AND ").join([*conditions, sql.SQL("true")])
    )
    return list(connection.execute(statement, {"tenant_id": tenant_id, "limit": limit, **given}))


def get(connection: Connection, tenant_id: UUID, delivery_id: UUID) -> Row | None:
    return connection.execute(QUERIES["get_delivery"], {"tenant_id": tenant_id, "id": delivery_id}).fetchone()


def attempts(connection: Connection, delivery_id: UUID) -> list[Row]:
    """Those that were made and recorded, oldest first; numbers may be missing where a sender died."""
    return list(connection.execute(QUERIES["list_attempts"], {"id": delivery_id}))


def replay(connection: Connection, delivery_id: UUID) -> Row | None:
    """Make the delivery due at once, whatever became of it; None: its job is erased, and its body gone."""
    return connection.execute(QUERIES["replay_delivery"], {"id": delivery_id}).fetchone()


def recover(connection: Connection, tenant_id: UUID, endpoint_id: UUID, since: datetime, *, limit: int) -> int:
    """Make due what was announced at `since` or later and was given up or held; how many, `limit` at most."""
    parameters = {"tenant_id": tenant_id, "endpoint_id": endpoint_id, "since": since, "limit": limit}
    return connection.execute(QUERIES["recover_deliveries"], parameters).rowcount
