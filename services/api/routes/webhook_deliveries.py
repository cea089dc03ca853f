"""Webhook deliveries: what was sent to endpoints and callbacks, what was answered, and sending it again."""

from typing import Annotated
from uuid import UUID

import structlog
from fastapi import APIRouter, Query

from services.api import cursor
from services.api.deps import Parts, PartsOf, Reader, SingleValues, Submitter
from services.api.errors import Problem
from services.api.routes.webhooks import known, require_enabled
from services.api.schemas.problems import problems
from services.api.schemas.webhook_deliveries import DeliveryDetail, DeliveryDocument, DeliveryList, DeliveryQuery
from shared.domain.tenant import Caller
from shared.storage import webhook_endpoints, webhook_log
from shared.storage.db import Connection

router = APIRouter(tags=["webhooks"])

log = structlog.get_logger("api")

_OF_ONE = ("unauthorized", "forbidden", "not-found", "invalid-request", "unavailable")


@router.get("/v1/webhook-deliveries", responses=problems("unauthorized", "forbidden", "invalid-request", "unavailable"))
def list_deliveries(
    caller: Reader, _: SingleValues, parts: PartsOf, query: Annotated[DeliveryQuery, Query()]
) -> DeliveryList:
    """What was or is to be sent to endpoints and callbacks, newest first, a page at a time. Needs the scope `read`."""
    return _page(parts, caller, query, None)


@router.get("/v1/webhooks/{webhook_id}/deliveries", responses=problems(*_OF_ONE))
def list_deliveries_of_webhook(
    webhook_id: UUID, caller: Reader, _: SingleValues, parts: PartsOf, query: Annotated[DeliveryQuery, Query()]
) -> DeliveryList:
    """The same for one endpoint. Needs the scope `read`."""
    with parts.database.transaction() as connection:
        known(webhook_endpoints.get(connection, caller.tenant_id, webhook_id), webhook_id)
    return _page(parts, caller, query, webhook_id)


@router.get("/v1/webhook-deliveries/{delivery_id}", responses=problems(*_OF_ONE))
def read_delivery(delivery_id: UUID, caller: Reader, parts: PartsOf) -> DeliveryDetail:
    """One delivery with its body and every attempt. Needs the scope `read`."""
    with parts.database.transaction() as connection:
        row = _find(connection, caller, delivery_id)
        attempts = webhook_log.attempts(connection, delivery_id)
    return DeliveryDetail.with_history(row, attempts)


@router.post("/v1/webhook-deliveries/{delivery_id}/replay", responses=problems(*_OF_ONE, "conflict"))
def replay_delivery(delivery_id: UUID, caller: Submitter, parts: PartsOf) -> DeliveryDocument:
    """Send it again at once, under the same `webhook-id`, whatever became of it; its schedule begins anew.

    Needs the scope `submit`.
    """
    with parts.database.transaction() as connection:
        row = _find(connection, caller, delivery_id)
        if row["endpoint_id"] is not None:
            endpoint = webhook_endpoints.lock(connection, caller.tenant_id, row["endpoint_id"])
            if endpoint is None:
                raise Problem("conflict", f"The webhook {row['endpoint_id']} is removed.")
            require_enabled(endpoint)
        again = webhook_log.replay(connection, delivery_id)
    if again is None:
        raise Problem("conflict", f"The job {row['job_id']} is erased, and with it what was said of it.")
    log.info("webhook_replayed", delivery_id=str(delivery_id))
    return DeliveryDocument.of(again)


def _page(parts: Parts, caller: Caller, query: DeliveryQuery, endpoint_id: UUID | None) -> DeliveryList:
    filters = query.model_dump(exclude={"limit", "cursor"}) | {"endpoint_id": endpoint_id}
    before = cursor.decode(query.cursor)
    with parts.database.transaction() as connection:
        found = webhook_log.page(connection, caller.tenant_id, limit=query.limit + 1, before_id=before, **filters)
    shown = found[: query.limit]
    return DeliveryList(
        deliveries=[DeliveryDocument.of(row) for row in shown],
        next_cursor=cursor.encode(shown[-1]["id"]) if len(found) > len(shown) else None,
    )


def _find(connection: Connection, caller: Caller, delivery_id: UUID) -> webhook_log.Row:
    row = webhook_log.get(connection, caller.tenant_id, delivery_id)
    if row is None:
        raise Problem("not-found", f"There is no delivery {delivery_id}.")
    return row
