"""A tenant's webhook endpoints: where its events go, what signs them, and how they fare."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from shared.domain.tenant import new_webhook_secret
from shared.domain.webhook import DisabledReason, Event
from shared.storage.db import Connection
from shared.storage.queries import QUERIES

Row = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True, slots=True)
class Wanted:
    """What a tenant says of an endpoint. `events` None: all of them."""

    url: str
    events: Sequence[Event] | None = None
    description: str | None = None
    enabled: bool = True

    def parameters(self) -> dict[str, Any]:
        events = None if self.events is None else sorted({event.value for event in self.events})
        return {"url": self.url, "events": events, "description": self.description, "enabled": self.enabled}


def create(connection: Connection, tenant_id: UUID, wanted: Wanted, *, at_most: int) -> Row | None:
    """A new endpoint with its secret (the tenant is locked); None: the tenant has `at_most` already."""
    counted = connection.execute(QUERIES["count_endpoints"], {"tenant_id": tenant_id}).fetchone()
    assert counted is not None
    if counted["present"] >= at_most:
        return None
    parameters = {**wanted.parameters(), "tenant_id": tenant_id, "secret": new_webhook_secret()}
    return connection.execute(QUERIES["insert_endpoint"], parameters).fetchone()


def all_of(connection: Connection, tenant_id: UUID) -> list[Row]:
    """The tenant's endpoints, oldest first."""
    return list(connection.execute(QUERIES["list_endpoints"], {"tenant_id": tenant_id}))


def get(connection: Connection, tenant_id: UUID, endpoint_id: UUID) -> Row | None:
    return connection.execute(QUERIES["get_endpoint"], {"tenant_id": tenant_id, "id": endpoint_id}).fetchone()


def lock(connection: Connection, tenant_id: UUID, endpoint_id: UUID) -> Row | None:
    """The endpoint, which nobody else changes until the transaction ends; None: the tenant has no such one."""
    return connection.execute(QUERIES["lock_endpoint"], {"tenant_id": tenant_id, "id": endpoint_id}).fetchone()


def change(connection: Connection, endpoint_id: UUID, wanted: Wanted) -> Row:
    """Give the endpoint (it is locked) what is wanted; enabling it forgets its failures."""
    row = connection.execute(QUERIES["change_endpoint"], {**wanted.parameters(), "id": endpoint_id}).fetchone()
    assert row is not None
    return row


def rotate_secret(connection: Connection, tenant_id: UUID, endpoint_id: UUID, *, overlap: timedelta) -> Row | None:
    """Sign with a new secret, and for `overlap` with the old one too; None: the tenant has no such endpoint."""
    parameters = {"tenant_id": tenant_id, "id": endpoint_id, "secret": new_webhook_secret(), "overlap": overlap}
    return connection.execute(QUERIES["rotate_endpoint_secret"], parameters).fetchone()


def remove(connection: Connection, tenant_id: UUID, endpoint_id: UUID) -> bool:
    """Take the endpoint away; what waits for it is `cancel`led. False: the tenant has no such one."""
    parameters = {"tenant_id": tenant_id, "id": endpoint_id}
    return connection.execute(QUERIES["remove_endpoint"], parameters).fetchone() is not None


def note_outcome(connection: Connection, endpoint_id: UUID, url: str, *, delivered: bool) -> None:
    """Remember since when it only fails; what an earlier address of it did says nothing."""
    name = "note_endpoint_delivered" if delivered else "note_endpoint_failed"
    connection.execute(QUERIES[name], {"id": endpoint_id, "url": url})


def disable(
    connection: Connection, endpoint_id: UUID, url: str, reason: DisabledReason, *, after: timedelta
) -> Row | None:
    """Send nothing more there. None: it is disabled or removed already, has another address, or does not fail so long.

    `after` is how long it must only have failed, where that is the reason.
    """
    parameters = {"id": endpoint_id, "url": url, "reason": reason, "disable_after": after}
    return connection.execute(QUERIES["disable_endpoint"], parameters).fetchone()


def forget_removed(connection: Connection) -> None:
    """Drop the rows of endpoints that were removed and for which nothing waits any more."""
    connection.execute(QUERIES["forget_removed_endpoints"])
