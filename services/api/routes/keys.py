"""Keys: they carry scopes, so that one can be replaced without losing anything."""

from typing import Annotated
from uuid import UUID

import structlog
from fastapi import APIRouter, Query

from services.api.deps import Admin, PartsOf, SingleValues
from services.api.errors import Problem, invalid
from services.api.schemas.keys import KeyDocument, KeyList, KeyRequest, NewKeyDocument
from services.api.schemas.problems import problems
from services.api.schemas.tenants import TenantQuery
from shared.domain.audit import Action
from shared.storage import audit, tenants

router = APIRouter(prefix="/v1/keys", tags=["keys"])

log = structlog.get_logger("api")


@router.get("", responses=problems("unauthorized", "forbidden", "invalid-request", "unavailable"))
def list_keys(caller: Admin, _: SingleValues, parts: PartsOf, query: Annotated[TenantQuery, Query()]) -> KeyList:
    """A tenant's keys, revoked ones too, never the keys themselves. Needs the scope `admin`."""
    with parts.database.transaction() as connection:
        rows = tenants.keys(connection, query.tenant_id or caller.tenant_id)
    return KeyList(keys=[KeyDocument(**row) for row in rows])


@router.post(
    "",
    status_code=201,
    responses=problems("bad-request", "unauthorized", "forbidden", "invalid-request", "unavailable"),
)
def create_key(key: KeyRequest, caller: Admin, parts: PartsOf) -> NewKeyDocument:
    """Make a key. Needs the scope `admin`."""
    tenant_id = key.tenant_id or caller.tenant_id
    with parts.database.transaction() as connection:
        if tenants.get(connection, tenant_id) is None:
            raise invalid({"tenant_id": f"there is no tenant {tenant_id}"})
        row, secret = tenants.create_key(connection, tenant_id, key.name, set(key.scopes))
        made = {"name": row["name"], "scopes": row["scopes"]}
        audit.record(connection, Action.KEY_CREATED, row["id"], by=caller.key_id, tenant_id=tenant_id, **made)
    log.info("key_created", created_key_id=str(row["id"]), for_tenant=str(tenant_id), scopes=row["scopes"])
    return NewKeyDocument(**row, key=secret)


@router.delete(
    "/{key_id}", responses=problems("unauthorized", "forbidden", "not-found", "invalid-request", "unavailable")
)
def revoke_key(key_id: UUID, caller: Admin, parts: PartsOf) -> KeyDocument:
    """Revoke a key at once and for good. Needs the scope `admin`."""
    with parts.database.transaction() as connection:
        row = tenants.revoke_key(connection, key_id)
        if row is None:
            raise Problem("not-found", f"There is no key {key_id}.")
        owner = row["tenant_id"]
        audit.record(connection, Action.KEY_REVOKED, key_id, by=caller.key_id, tenant_id=owner, name=row["name"])
    log.info("key_revoked", revoked_key_id=str(key_id))
    return KeyDocument(**row)
