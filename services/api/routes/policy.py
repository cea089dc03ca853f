"""The policy: how a tenant wants to be served. Versioned; each result names the version it was made under."""

from collections.abc import Mapping
from typing import Annotated, Any
from uuid import UUID

import structlog
from fastapi import APIRouter, Body, Header, Query, Response
from pydantic import WithJsonSchema

from services.api.deps import Admin, PartsOf, Reader, SingleValues
from services.api.errors import Problem, invalid
from services.api.schemas.base import or_null, read
from services.api.schemas.policy import PolicyDocument, PolicyRequest, ThresholdsRequest
from services.api.schemas.problems import problems
from services.api.schemas.tenants import TenantQuery
from shared.domain.audit import Action
from shared.domain.tenant import Policy, Scope
from shared.domain.verdict import Thresholds
from shared.storage import audit, models, tenants
from shared.storage.db import Connection

router = APIRouter(prefix="/v1/policy", tags=["policy"])


def _patch_schema() -> dict[str, Any]:
    """Each member of the policy, or null (RFC 7396), and none besides."""
    schema = PolicyRequest.model_json_schema()
    members = {**schema["properties"], "thresholds": schema["$defs"]["ThresholdsRequest"]}
    return {
        "type": "object",
        "properties": or_null(members),
        "additionalProperties": False,
        "examples": [{"thresholds": {"likely_human": 0.1, "likely_ai": 0.9}, "retention_days": 90}],
    }


Patch = Annotated[
    dict[str, Any],
    WithJsonSchema(_patch_schema()),
    Body(
        media_type="application/merge-patch+json",
        description="The members to change (RFC 7396); null sets one back to its default.",
    ),
]
_PROBLEMS = ("unauthorized", "forbidden", "not-found", "invalid-request", "unavailable")
_ETAG = {"headers": {"ETag": {"description": "The version, quoted.", "schema": {"type": "string"}}}}

log = structlog.get_logger("api")


@router.get("", responses={200: _ETAG, **problems(*_PROBLEMS)})
def read_policy(
    caller: Reader, _: SingleValues, parts: PartsOf, query: Annotated[TenantQuery, Query()], response: Response
) -> PolicyDocument:
    """The policy that holds now. Needs the scope `read`; another tenant's needs `admin`."""
    tenant_id = query.tenant_id or caller.tenant_id
    if tenant_id != caller.tenant_id and Scope.ADMIN not in caller.scopes:
        raise Problem("forbidden", "Another tenant's policy needs the scope `admin`.", scope=Scope.ADMIN)
    with parts.database.transaction() as connection:
        version, policy = _current(connection, tenant_id)
    return _answer(version, policy, response)


@router.patch(
    "",
    responses={
        200: _ETAG,
        **problems("bad-request", "precondition-failed", *_PROBLEMS),
    },
)
def change_policy(
    *,
    patch: Patch,
    caller: Admin,
    _: SingleValues,
    parts: PartsOf,
    query: Annotated[TenantQuery, Query()],
    response: Response,
    if_match: Annotated[str | None, Header(description="The ETag that you read.", examples=['"3"'])] = None,
) -> PolicyDocument:
    """Change some members; what is queued or running already is finished under either version. Needs `admin`."""
    tenant_id = query.tenant_id or caller.tenant_id
    with parts.database.transaction() as connection:
        tenants.lock(connection, tenant_id)
        version, before = _current(connection, tenant_id)
        after = _policy(connection, _merged(before.document(), patch))
        _require_model(connection, after.model)
        # Last: a request that would be refused anyhow is refused for that (RFC 9110, section 13.2.1).
        if if_match not in {None, "*", f'"{version}"'}:
            raise Problem("precondition-failed", f"The policy has version {version} by now: read it again.")
        if after != before:
            version = tenants.change_policy(connection, tenant_id, after)
            changed = {"version": version, **after.document()}
            audit.record(connection, Action.POLICY_CHANGED, tenant_id, by=caller.key_id, tenant_id=tenant_id, **changed)
            log.info("policy_changed", for_tenant=str(tenant_id), version=version)
    return _answer(version, after, response)


def _current(connection: Connection, tenant_id: UUID) -> tuple[int, Policy]:
    if tenants.get(connection, tenant_id) is None:
        raise Problem("not-found", f"There is no tenant {tenant_id}.")
    return tenants.policy(connection, tenant_id)


def _merged(before: Mapping[str, Any], patch: Mapping[str, Any]) -> dict[str, Any]:
    """RFC 7396, for a document that is two levels deep."""
    after = {**before, **patch}
    if isinstance(patch.get("thresholds"), dict):
        after["thresholds"] = _without_nulls({**(before["thresholds"] or {}), **patch["thresholds"]})
    return _without_nulls(after)


def _without_nulls(members: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in members.items() if value is not None}


def _policy(connection: Connection, document: Mapping[str, Any]) -> Policy:
    said = read(PolicyRequest, document)
    thresholds = _thresholds(connection, said.thresholds, said.model or "champion") if said.thresholds else None
    return Policy(**{**said.model_dump(), "thresholds": thresholds})


def _thresholds(connection: Connection, said: ThresholdsRequest, version: str) -> Thresholds:
    """Naming one threshold never moves the other: a bolder one accuses more people."""
    row = models.get(connection, version)
    card = row["card"]["thresholds"] if row else {}
    try:
        return Thresholds(**{**card, **said.model_dump(exclude_none=True)})
    except ValueError as exc:
        raise invalid({"thresholds": str(exc)}) from exc


def _require_model(connection: Connection, version: str | None) -> None:
    if version is not None and not models.hold(connection, version):
        raise invalid({"model": f"there is no model version {version}"})


def _answer(version: int, policy: Policy, response: Response) -> PolicyDocument:
    response.headers["ETag"] = f'"{version}"'
    return PolicyDocument(version=version, **policy.document())
