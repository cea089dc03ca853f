"""Tenants: who owns jobs, images, keys and a policy, and how often each may ask. For the operator."""

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import structlog
from fastapi import APIRouter

from services.api.deps import Admin, PartsOf
from services.api.errors import Problem
from services.api.schemas.problems import problems
from services.api.schemas.tenants import LimitsRequest, NewTenantDocument, TenantDocument, TenantList, TenantRequest
from shared.domain.audit import Action
from shared.domain.tenant import Caller
from shared.storage import audit, tenants
from shared.storage.db import Connection

router = APIRouter(prefix="/v1/tenants", tags=["tenants"])

log = structlog.get_logger("api")


@router.get("", responses=problems("unauthorized", "forbidden", "unavailable"))
def list_tenants(_: Admin, parts: PartsOf) -> TenantList:
    """All tenants, oldest first. Needs the scope `admin`."""
    with parts.database.transaction() as connection:
        rows = tenants.all_tenants(connection)
    return TenantList(tenants=[TenantDocument(**row) for row in rows])


@router.post(
    "",
    status_code=201,
    responses=problems("bad-request", "unauthorized", "forbidden", "conflict", "invalid-request", "unavailable"),
)
def create_tenant(tenant: TenantRequest, caller: Admin, parts: PartsOf) -> NewTenantDocument:
    """Make a tenant with the default policy and no key. Needs the scope `admin`."""
    with parts.database.transaction() as connection:
        created = tenants.create(connection, tenant.name)
        if created is None:
            raise Problem("conflict", f"There is a tenant called {tenant.name!r} already.")
        row, secret = created
        _record(connection, Action.TENANT_CREATED, row["id"], caller, name=tenant.name)
    log.info("tenant_created", tenant_id=str(row["id"]))
    return NewTenantDocument(**row, webhook_secret=secret)


@router.patch(
    "/{tenant_id}",
    responses=problems("bad-request", "unauthorized", "forbidden", "not-found", "invalid-request", "unavailable"),
)
def change_limits(tenant_id: UUID, wanted: LimitsRequest, caller: Admin, parts: PartsOf) -> TenantDocument:
    """Change how often a tenant may ask, from its next request on. Needs the scope `admin`."""
    changes = wanted.model_dump(exclude_unset=True)
    with parts.database.transaction() as connection:
        tenants.lock(connection, tenant_id)
        before = tenants.get(connection, tenant_id)
        if before is None:
            raise _unknown(tenant_id)
        row = tenants.set_limits(connection, tenant_id, replace(tenants.limits(before), **changes))
        assert row is not None
        _record(connection, Action.TENANT_LIMITS_CHANGED, tenant_id, caller, **changes)
    log.info("tenant_limits_changed", for_tenant=str(tenant_id), **changes)
    return TenantDocument(**row)


@router.post(
    "/{tenant_id}/webhook-secret",
    responses=problems("unauthorized", "forbidden", "not-found", "invalid-request", "unavailable"),
)
def rotate_webhook_secret(tenant_id: UUID, caller: Admin, parts: PartsOf) -> NewTenantDocument:
    """Sign the tenant's callbacks with a new secret, shown this once; for a day the old one signs as well.

    Needs the scope `admin`.
    """
    overlap = timedelta(hours=parts.settings.webhook_rotation_hours)
    with parts.database.transaction() as connection:
        rotated = tenants.rotate_webhook_secret(connection, tenant_id, overlap=overlap)
        if rotated is None:
            raise _unknown(tenant_id)
        row, secret = rotated
        _record(connection, Action.TENANT_SECRET_ROTATED, tenant_id, caller)
    log.info("webhook_secret_rotated", tenant_id=str(tenant_id))
    return NewTenantDocument(**row, webhook_secret=secret)


def _unknown(tenant_id: UUID) -> Problem:
    return Problem("not-found", f"There is no tenant {tenant_id}.")


def _record(connection: Connection, action: Action, tenant_id: UUID, caller: Caller, **details: Any) -> None:
    audit.record(connection, action, tenant_id, by=caller.key_id, tenant_id=tenant_id, **details)
