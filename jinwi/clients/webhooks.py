"""What clients do with webhooks: `client.webhooks.add(url)` and so on."""

from collections.abc import AsyncIterator, Iterable, Iterator
from datetime import datetime
from functools import partial
from typing import Unpack

from jinwi.calls import webhooks as calls
from jinwi.calls.call import AsyncSend, Send
from jinwi.calls.lists import async_items, items
from jinwi.calls.webhooks import Changes, DeliveryFilters
from jinwi.results.webhooks import Delivery, Webhook


class Webhooks:
    """Endpoints of the key's tenant and what was sent to them; part of a `Client`."""

    def __init__(self, send: Send) -> None:
        self._send = send

    def add(self, url: str, *, events: Iterable[str] | None = None, description: str | None = None) -> Webhook:
        """A new endpoint, for these events or for all; its `secret` is in this answer and never shown again."""
        return self._send(calls.add_webhook(url, events, description))

    def list(self) -> list[Webhook]:
        return self._send(calls.list_webhooks())

    def get(self, webhook_id: str) -> Webhook:
        return self._send(calls.get_webhook(webhook_id))

    def change(self, webhook_id: str, **changes: Unpack[Changes]) -> Webhook:
        return self._send(calls.change_webhook(webhook_id, changes))

    def enable(self, webhook_id: str) -> Webhook:
        """Send there again; what was held meanwhile is sent when it is recovered."""
        return self.change(webhook_id, enabled=True)

    def rotate_secret(self, webhook_id: str) -> Webhook:
        """A new `secret`, in this answer only; for a day the old one signs as well."""
        return self._send(calls.rotate_secret(webhook_id))

    def remove(self, webhook_id: str) -> Webhook:
        """Take the endpoint away; what waits for it is cancelled."""
        return self._send(calls.remove_webhook(webhook_id))

    def recover(self, webhook_id: str, since: datetime) -> int:
        """Send again what was given up or held since then; how many deliveries that are."""
        return self._send(calls.recover(webhook_id, since))

    def deliveries(
        self, webhook_id: str | None = None, *, limit: int | None = None, **filters: Unpack[DeliveryFilters]
    ) -> Iterator[Delivery]:
        """Of one endpoint, or of all and of callbacks; newest first, at most `limit`, fetched as they are needed."""
        return items(self._send, partial(calls.list_deliveries, webhook_id, filters), limit)

    def delivery(self, delivery_id: str) -> Delivery:
        """One delivery with its `history`: every attempt and what was answered."""
        return self._send(calls.get_delivery(delivery_id))

    def replay(self, delivery_id: str) -> Delivery:
        """Send it again at once, under the same `webhook-id`."""
        return self._send(calls.replay(delivery_id))


class AsyncWebhooks:
    """`Webhooks` for async programs: the same methods, awaited; part of an `AsyncClient`."""

    def __init__(self, send: AsyncSend) -> None:
        self._send = send

    async def add(self, url: str, *, events: Iterable[str] | None = None, description: str | None = None) -> Webhook:
        return await self._send(calls.add_webhook(url, events, description))

    async def list(self) -> list[Webhook]:
        return await self._send(calls.list_webhooks())

    async def get(self, webhook_id: str) -> Webhook:
        return await self._send(calls.get_webhook(webhook_id))

    async def change(self, webhook_id: str, **changes: Unpack[Changes]) -> Webhook:
        return await self._send(calls.change_webhook(webhook_id, changes))

    async def enable(self, webhook_id: str) -> Webhook:
        return await self.change(webhook_id, enabled=True)

    async def rotate_secret(self, webhook_id: str) -> Webhook:
        return await self._send(calls.rotate_secret(webhook_id))

    async def remove(self, webhook_id: str) -> Webhook:
        return await self._send(calls.remove_webhook(webhook_id))

    async def recover(self, webhook_id: str, since: datetime) -> int:
        return await self._send(calls.recover(webhook_id, since))

    def deliveries(
        self, webhook_id: str | None = None, *, limit: int | None = None, **filters: Unpack[DeliveryFilters]
    ) -> AsyncIterator[Delivery]:
        return async_items(self._send, partial(calls.list_deliveries, webhook_id, filters), limit)

    async def delivery(self, delivery_id: str) -> Delivery:
        return await self._send(calls.get_delivery(delivery_id))

    async def replay(self, delivery_id: str) -> Delivery:
        return await self._send(calls.replay(delivery_id))
