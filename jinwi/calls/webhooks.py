"""The HTTP interface of webhooks, one function a call, as in `jinwi.calls.call`."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, TypedDict
from urllib.parse import quote

from jinwi.calls.call import Call, query
from jinwi.calls.lists import Page, paged, whole
from jinwi.results.webhooks import Delivery, Webhook

ROOT = "/v1/webhooks"
DELIVERIES = "/v1/webhook-deliveries"


class Changes(TypedDict, total=False):
    """What may be changed of an endpoint; None sets `events` back to all of them, `description` to none."""

    url: str
    events: list[str] | None
    description: str | None
    enabled: bool


class DeliveryFilters(TypedDict, total=False):
    """Which deliveries a list holds."""

    state: str | None
    event: str | None
    job_id: str | None


def add_webhook(url: str, events: Iterable[str] | None, description: str | None) -> Call[Webhook]:
    said: dict[str, Any] = {"url": url, "events": None if events is None else list(events), "description": description}
    return Call(method="POST", path=ROOT, read=Webhook.from_document, json=said, repeatable=False)


def list_webhooks() -> Call[list[Webhook]]:
    return Call(method="GET", path=ROOT, read=whole("webhooks", Webhook.from_document))


def get_webhook(webhook_id: str) -> Call[Webhook]:
    return Call(method="GET", path=_path(webhook_id), read=Webhook.from_document)


def change_webhook(webhook_id: str, changes: Changes) -> Call[Webhook]:
    return Call(method="PATCH", path=_path(webhook_id), read=Webhook.from_document, json={**changes})


def remove_webhook(webhook_id: str) -> Call[Webhook]:
    return Call(method="DELETE", path=_path(webhook_id), read=Webhook.from_document, repeatable=False)


def rotate_secret(webhook_id: str) -> Call[Webhook]:
    path = f"{_path(webhook_id)}/rotate-secret"
    return Call(method="POST", path=path, read=Webhook.from_document, repeatable=False)


def recover(webhook_id: str, since: datetime) -> Call[int]:
    return Call(
        method="POST",
        path=f"{_path(webhook_id)}/recover",
        read=lambda document: int(document["recovered"]),
        # A time without a zone is the caller's local time.
        json={"since": since.astimezone().isoformat()},
    )


def list_deliveries(
    webhook_id: str | None, filters: DeliveryFilters, limit: int, cursor: str | None
) -> Call[Page[Delivery]]:
    return Call(
        method="GET",
        path=DELIVERIES if webhook_id is None else f"{_path(webhook_id)}/deliveries",
        read=paged("deliveries", Delivery.from_document),
        params=query({**filters, "limit": limit, "cursor": cursor}),
    )


def get_delivery(delivery_id: str) -> Call[Delivery]:
    return Call(method="GET", path=_delivery(delivery_id), read=Delivery.from_document)


def replay(delivery_id: str) -> Call[Delivery]:
    path = f"{_delivery(delivery_id)}/replay"
    return Call(method="POST", path=path, read=Delivery.from_document, repeatable=False)


def _path(webhook_id: str) -> str:
    return f"{ROOT}/{quote(webhook_id, safe='')}"


def _delivery(delivery_id: str) -> str:
    return f"{DELIVERIES}/{quote(delivery_id, safe='')}"
