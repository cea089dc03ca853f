"""Webhook endpoints: addresses that hear of all jobs of a tenant."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Any
from uuid import UUID

import structlog
from fastapi import APIRouter, Body, Response
from pydantic import WithJsonSchema

from services.api.deps import PartsOf, Reader, Submitter
from services.api.errors import Problem
from services.api.links import check_links
from services.api.schemas.base import or_null, read
from services.api.schemas.problems import problems
from services.api.schemas.webhooks import (
    NewWebhookDocument,
    Recovered,
    RecoverRequest,
    WebhookDocument,
    WebhookList,
    WebhookRequest,
)
from shared.storage import tenants, webhook_endpoints, webhook_log, webhooks
from shared.storage.webhook_endpoints import Wanted

router = APIRouter(prefix="/v1/webhooks", tags=["webhooks"])

SETTLED_AT_ONCE = 1000
"""Deliveries held or cancelled by the request itself; the sweeper settles the rest."""

RECOVERED_AT_ONCE = 5000
"""Deliveries made due in one transaction."""

_OF_ONE = ("unauthorized", "forbidden", "not-found", "invalid-request", "unavailable")


def _patch_schema() -> dict[str, Any]:
    """Each member of an endpoint, or null (RFC 7396) where it has a default, and none besides."""
    schema = WebhookRequest.model_json_schema()
    members = schema["properties"]
    members["events"]["anyOf"][0]["items"] = schema["$defs"]["Event"]
    return {
        "type": "object",
        "properties": {**or_null(members), "url": members["url"]},
        "additionalProperties": False,
        "examples": [{"enabled": True}, {"events": ["job.failed", "job.dead"], "description": None}],
    }


Patch = Annotated[
    dict[str, Any],
    WithJsonSchema(_patch_schema()),
    Body(
        media_type="application/merge-patch+json",
        description="The members to change (RFC 7396); null sets one back to its default.",
    ),
]

log = structlog.get_logger("api")


@router.post(
    "",
    status_code=201,
    responses={
        201: {"headers": {"Location": {"description": "Where it is read.", "schema": {"type": "string"}}}},
        **problems(
            "bad-request",
            "unauthorized",
            "forbidden",
            "conflict",
            "invalid-request",
            "forbidden-address",
            "unavailable",
        ),
    },
)
def add_webhook(webhook: WebhookRequest, caller: Submitter, parts: PartsOf, response: Response) -> NewWebhookDocument:
    """Add an endpoint with a secret of its own, shown this once. Needs the scope `submit`."""
    check_links(parts.settings.allowed_networks, url=webhook.url)
    at_most = parts.settings.webhook_endpoints
    with parts.database.transaction() as connection:
        tenants.lock(connection, caller.tenant_id)
        row = webhook_endpoints.create(connection, caller.tenant_id, _wanted(webhook), at_most=at_most)
    if row is None:
        raise Problem("conflict", f"There are {at_most} endpoints already, and no more are kept: remove one first.")
    log.info("webhook_added", endpoint_id=str(row["id"]))
    response.headers["Location"] = f"/v1/webhooks/{row['id']}"
    return NewWebhookDocument.of(row, secret=row["secret"])


@router.get("", responses=problems("unauthorized", "forbidden", "unavailable"))
def list_webhooks(caller: Reader, parts: PartsOf) -> WebhookList:
    """The tenant's endpoints, oldest first, never their secrets. Needs the scope `read`."""
    with parts.database.transaction() as connection:
        rows = webhook_endpoints.all_of(connection, caller.tenant_id)
    return WebhookList(webhooks=[WebhookDocument.of(row) for row in rows])


@router.get("/{webhook_id}", responses=problems(*_OF_ONE))
def read_webhook(webhook_id: UUID, caller: Reader, parts: PartsOf) -> WebhookDocument:
    """One endpoint. Needs the scope `read`."""
    with parts.database.transaction() as connection:
        row = webhook_endpoints.get(connection, caller.tenant_id, webhook_id)
    return WebhookDocument.of(known(row, webhook_id))


@router.patch("/{webhook_id}", responses=problems(*_OF_ONE, "bad-request", "forbidden-address"))
def change_webhook(webhook_id: UUID, patch: Patch, caller: Submitter, parts: PartsOf) -> WebhookDocument:
    """Change some members. What waits goes to the new address. Needs the scope `submit`.

    While `enabled` is false nothing is sent: what waits is held, and so is what is announced. Enabling it again
    forgets its failures; what was held is sent when it is recovered.
    """
    with parts.database.transaction() as connection:
        before = known(webhook_endpoints.lock(connection, caller.tenant_id, webhook_id), webhook_id)
        webhook = _patched(before, patch)
        if webhook.url != before["url"]:
            check_links(parts.settings.allowed_networks, url=webhook.url)
        after = webhook_endpoints.change(connection, webhook_id, _wanted(webhook))
        if not webhook.enabled:
            webhooks.settle(connection, limit=SETTLED_AT_ONCE, endpoint_id=webhook_id)
    log.info("webhook_changed", endpoint_id=str(webhook_id), enabled=webhook.enabled)
    return WebhookDocument.of(after)


@router.delete("/{webhook_id}", responses=problems(*_OF_ONE))
def remove_webhook(webhook_id: UUID, caller: Submitter, parts: PartsOf) -> WebhookDocument:
    """Remove an endpoint; what waits for it is cancelled. The list of its deliveries stays. Needs `submit`."""
    with parts.database.transaction() as connection:
        row = known(webhook_endpoints.lock(connection, caller.tenant_id, webhook_id), webhook_id)
        webhook_endpoints.remove(connection, caller.tenant_id, webhook_id)
        webhooks.settle(connection, limit=SETTLED_AT_ONCE, endpoint_id=webhook_id)
    log.info("webhook_removed", endpoint_id=str(webhook_id))
    return WebhookDocument.of(row)


@router.post("/{webhook_id}/rotate-secret", responses=problems(*_OF_ONE))
def rotate_secret(webhook_id: UUID, caller: Submitter, parts: PartsOf) -> NewWebhookDocument:
    """Sign with a new secret, shown this once; until `previous_secret_until` the old one signs as well.

    Needs the scope `submit`.
    """
    overlap = timedelta(hours=parts.settings.webhook_rotation_hours)
    with parts.database.transaction() as connection:
        row = webhook_endpoints.rotate_secret(connection, caller.tenant_id, webhook_id, overlap=overlap)
    row = known(row, webhook_id)
    log.info("webhook_secret_rotated", endpoint_id=str(webhook_id))
    return NewWebhookDocument.of(row, secret=row["secret"])


@router.post("/{webhook_id}/recover", responses=problems(*_OF_ONE, "bad-request", "conflict"))
def recover_webhook(webhook_id: UUID, recover: RecoverRequest, caller: Submitter, parts: PartsOf) -> Recovered:
    """Make due again what was given up or held since then; how many. Needs the scope `submit`."""
    recovered, more = 0, True
    while more:
        with parts.database.transaction() as connection:
            row = webhook_endpoints.lock(connection, caller.tenant_id, webhook_id)
            require_enabled(known(row, webhook_id))
            found = webhook_log.recover(
                connection, caller.tenant_id, webhook_id, recover.since, limit=RECOVERED_AT_ONCE
            )
        recovered += found
        more = found == RECOVERED_AT_ONCE
    log.info("webhook_recovered", endpoint_id=str(webhook_id), count=recovered)
    return Recovered(recovered=recovered)


def known(row: webhook_endpoints.Row | None, webhook_id: UUID) -> webhook_endpoints.Row:
    """The row; raises the Problem that another tenant's endpoint, a removed one and none at all have in common."""
    if row is None:
        raise Problem("not-found", f"There is no webhook {webhook_id}.")
    return row


def require_enabled(row: webhook_endpoints.Row) -> None:
    if row["disabled_at"] is not None:
        raise Problem("conflict", f"The webhook {row['id']} is disabled: enable it first.")


def _wanted(webhook: WebhookRequest) -> Wanted:
    return Wanted(**webhook.model_dump())


def _patched(before: webhook_endpoints.Row, patch: Mapping[str, Any]) -> WebhookRequest:
    """RFC 7396, for a document without objects in it."""
    names = WebhookRequest.model_fields.keys() - {"enabled"}
    members = {**{name: before[name] for name in names}, "enabled": before["disabled_at"] is None, **patch}
    return read(WebhookRequest, {name: value for name, value in members.items() if value is not None})
