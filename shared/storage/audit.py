"""The audit log: what administrators did. Append-only, kept so by the database itself."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from psycopg import sql
from psycopg.types.json import Jsonb

from shared.domain.audit import Action
from shared.storage.db import Connection
from shared.storage.queries import QUERIES

Row = Mapping[str, Any]


def record(
    connection: Connection,
    action: Action,
    subject: object,
    *,
    by: UUID | None,
    tenant_id: UUID | None = None,
    **details: Any,
) -> None:
    """Note an act in the transaction that does it. `by` is the key, None: the system itself; details hold no secret."""
    parameters = {
        "key_id": by,
        "tenant_id": tenant_id,
        "action": action,
        "subject": str(subject),
        "details": Jsonb(details),
    }
    connection.execute(QUERIES["insert_act"], parameters)


def page(connection: Connection, *, limit: int, **filters: Any) -> list[Row]:
    """Newest first. `filters`: before_id, action, key_id, since."""
    given = {name: value for name, value in filters.items() if value is not None}
    conditions = [sql.SQL(QUERIES[f"list_acts_{name}"].decode()) for name in given]
    statement = sql.SQL(QUERIES["list_acts"].decode()).format(
        conditions=sql.SQL(" AND ").join([*conditions, sql.SQL("true")])
    )
    return list(connection.execute(statement, {"limit": limit, **given}))
