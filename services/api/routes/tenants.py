"""Tenants: who owns jobs, images, keys and a policy. For the operator."""

from datetime import timedelta
from uuid import UUID

import structlog
from fastapi import APIRouter

from services.api.deps import Admin, PartsOf
from services.api.documents import NewTenantDocument, TenantDocument, TenantList, problems
from services.api.errors import Problem
from services.api.schemas import TenantRequest
from shared.storage import tenants

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
    responses=problems("unauthorized", "forbidden", "conflict", "invalid-request", "unavailable"),
)
def create_tenant(tenant: TenantRequest, _: Admin, parts: PartsOf) -> NewTenantDocument:
    """Make a tenant with the default policy and no key. Needs the scope `admin`."""
    with parts.database.transaction() as connection:
        created = tenants.create(connection, tenant.name)
    if created is None:
        raise Problem("conflict", f"There is a tenant called {tenant.name!r} already.")
    row, secret = created
    log.info("tenant_created", tenant_id=str(row["id"]))
    return NewTenantDocument(**row, webhook_secret=secret)


@router.post(
    "/{tenant_id}/webhook-secret",
    responses=problems("unauthorized", "forbidden", "not-found", "invalid-request", "unavailable"),
)
def rotate_webhook_secret(tenant_id: UUID, _: Admin, parts: PartsOf) -> NewTenantDocument:
    """Sign the tenant's callbacks with a new secret, shown this once; for a day the old one signs as well.

    Needs the scope `admin`.
    """
    overlap = timedelta(hours=parts.settings.webhook_rotation_hours)
    with parts.database.transaction() as connection:
        rotated = tenants.rotate_webhook_secret(connection, tenant_id, overlap=overlap)
    if rotated is None:
        raise Problem("not-found", f"There is no tenant {tenant_id}.")
    row, secret = rotated
    log.info("webhook_secret_rotated", tenant_id=str(tenant_id))
    return NewTenantDocument(**row, webhook_secret=secret)
