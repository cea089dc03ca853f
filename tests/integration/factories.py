"""Tenants, jobs and pictures for tests that run against the real servers."""

import hashlib
import io
from datetime import timedelta
from uuid import UUID

from PIL import Image

from shared.domain.job import Claim, Lane, Outcome, Stage, State
from shared.domain.tenant import Policy
from shared.domain.webhook import Event
from shared.storage import images, jobs, leases, tenants, webhook_endpoints, webhooks
from shared.storage.db import Database
from shared.storage.jobs import Idempotency, NewJob
from shared.storage.objects import ObjectStore
from shared.storage.webhook_endpoints import Wanted
from shared.storage.webhooks import Delivery, Room

LEASE = timedelta(seconds=90)
NOW = timedelta()
RESULT = {"ai_probability": 0.51, "human_probability": 0.49, "verdict": "uncertain"}


def make_tenant(database: Database, name: str = "tenant") -> UUID:
    with database.transaction() as connection:
        created = tenants.create(connection, name)
        assert created is not None
        return created[0]["id"]


def change_policy(database: Database, tenant_id: UUID, **changes: object) -> None:
    with database.transaction() as connection:
        tenants.lock(connection, tenant_id)
        tenants.change_policy(connection, tenant_id, Policy(**changes))


def picture(
    colour: tuple[int, int, int] = (200, 120, 40), size: tuple[int, int] = (32, 32), *, blank: bool = False
) -> bytes:
    """A PNG of this colour, one half a little lighter and one a little darker unless it is `blank`."""
    image = Image.new("RGB", size, colour)
    if not blank:
        lighter, darker = (tuple(min(255, max(0, level + by)) for level in colour) for by in (5, -5))
        image.paste(lighter, (0, 0, size[0] // 2, size[1]))
        image.paste(darker, (size[0] // 2, 0, *size))
    file = io.BytesIO()
    image.save(file, "PNG")
    return file.getvalue()


def submit_link(
    database: Database,
    tenant_id: UUID,
    *,
    lane: Lane = Lane.INTERACTIVE,
    url: str = "https://example.com/a.png",
    **fields,
) -> UUID:
    with database.transaction() as connection:
        new = NewJob(tenant_id=tenant_id, stage=Stage.FETCH, lane=lane, url=url, metadata={}, **fields)
        return jobs.submit(connection, new)[0]


def submit_image(
    database: Database,
    store: ObjectStore,
    tenant_id: UUID,
    data: bytes | None = None,
    *,
    lane: Lane = Lane.INTERACTIVE,
    idempotency: Idempotency | None = None,
    **fields: object,
) -> UUID:
    """As the API does it: bytes first, then one transaction."""
    data = data if data is not None else picture()
    sha256 = hashlib.sha256(data).digest()
    store.put_image(tenant_id, sha256, io.BytesIO(data), len(data))
    with database.transaction() as connection:
        images.lock_stored(
            connection,
            store,
            io.BytesIO(data),
            tenant_id=tenant_id,
            sha256=sha256,
            size=len(data),
            image_format="png",
            width=None,
            height=None,
        )
        new = NewJob(tenant_id=tenant_id, stage=Stage.SCORE, lane=lane, sha256=sha256, metadata={}, **fields)
        return jobs.submit(connection, new, idempotency)[0]


def claim(
    database: Database,
    stage: Stage = Stage.SCORE,
    *,
    limit: int = 8,
    lease: timedelta = LEASE,
    named=(),
    suspects: bool = True,
) -> list[Claim]:
    with database.transaction() as connection:
        return leases.claim(connection, stage, named=named, suspects=suspects, limit=limit, worker="test", lease=lease)


def done(held: Claim) -> Outcome:
    return Outcome(job_id=held.id, fence=held.fence, state=State.DONE, result=RESULT)


def finish(database: Database, *outcomes: Outcome) -> list:
    with database.transaction() as connection:
        return leases.finish(connection, outcomes)


def get(database: Database, tenant_id: UUID, job_id: UUID):
    with database.transaction() as connection:
        return jobs.get(connection, tenant_id, job_id)


def finish_one(database: Database, store: ObjectStore, tenant_id: UUID, url: str | None = None) -> UUID:
    """A job of the tenant that is done, and announced to its callback and the tenant's endpoints."""
    job_id = submit_image(database, store, tenant_id, callback_url=url)
    with database.transaction() as connection:
        webhooks.announce(connection, leases.finish(connection, [done(claim(database)[0])]))
    return job_id


def add_endpoint(
    database: Database, tenant_id: UUID, url: str, events: list[Event] | None = None, *, enabled: bool = True
) -> dict:
    """The row of a new endpoint."""
    wanted = Wanted(url=url, events=events, enabled=enabled)
    with database.transaction() as connection:
        made = webhook_endpoints.create(connection, tenant_id, wanted, at_most=1000)
        assert made is not None
        return dict(made)


def lease_webhooks(database: Database, *, hold: timedelta = LEASE) -> list[Delivery]:
    """All that is due, as a sender with nothing under way would take it."""
    room = Room(quick=1000, doubtful=0, per_receiver=1000, per_tenant=1000, doubtful_per_tenant=0)
    with database.transaction() as connection:
        return webhooks.lease(connection, room, hold=hold, disable_after=timedelta(days=5))


def damage(store: ObjectStore, tenant_id: UUID, data: bytes, *, size: int | None = None) -> None:
    """Lay other bytes, as many unless `size` says otherwise, under the picture's hash."""
    sha256, size = hashlib.sha256(data).digest(), len(data) if size is None else size
    store.delete_image(tenant_id, sha256)
    store.put_image(tenant_id, sha256, io.BytesIO(bytes(size)), size)


def waits_for_a_lock(database: Database) -> bool:
    """Whether a transaction waits for another one."""
    with database.transaction() as connection:
        row = connection.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        ).fetchone()
    assert row is not None
    return row["count"] > 0
