"""The audit log: what administrators did, with which key, and when."""

from typing import Annotated

from fastapi import APIRouter, Query

from services.api import cursor
from services.api.deps import Admin, PartsOf, SingleValues
from services.api.schemas.audit import ActDocument, ActList, AuditQuery
from services.api.schemas.problems import problems
from shared.storage import audit

router = APIRouter(prefix="/v1/audit", tags=["audit"])


@router.get("", responses=problems("unauthorized", "forbidden", "invalid-request", "unavailable"))
def list_acts(_: Admin, __: SingleValues, parts: PartsOf, query: Annotated[AuditQuery, Query()]) -> ActList:
    """What was done in the whole installation, newest first, a page at a time. Needs the scope `admin`."""
    filters = query.model_dump(include={"action", "key_id", "since"})
    with parts.database.transaction() as connection:
        found = audit.page(connection, limit=query.limit + 1, before_id=cursor.decode(query.cursor), **filters)
    shown = found[: query.limit]
    following = cursor.encode(shown[-1]["id"]) if len(found) > len(shown) else None
    return ActList(acts=[ActDocument(**row) for row in shown], next_cursor=following)
