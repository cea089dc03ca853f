"""Tenants, jobs and pictures for tests that run against the real servers."""

import hashlib
import io
from datetime import timedelta
from uuid import UUID

from PIL import Image

from shared.domain.job import Claim, Lane, Outcome, Stage, State
from shared.domain.tenant import Policy
from shared.storage import images, jobs, tenants
from shared.storage.db import Database
from shared.storage.jobs import Idempotency, NewJob
from shared.storage.objects import ObjectStore

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


def picture(colour: tuple[int, int, int] = (200, 120, 40), size: tuple[int, int] = (32, 32)) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", size, colour).save(file, "PNG")
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
    database: Database, stage: Stage = Stage.SCORE, *, limit: int = 8, lease: timedelta = LEASE, named=()
) -> list[Claim]:
    with database.transaction() as connection:
        return jobs.claim(connection, stage, named=named, limit=limit, worker="test", lease=lease)


def done(held: Claim) -> Outcome:
    return Outcome(job_id=held.id, fence=held.fence, state=State.DONE, result=RESULT)


def finish(database: Database, *outcomes: Outcome) -> list:
    with database.transaction() as connection:
        return jobs.finish(connection, outcomes)


def get(database: Database, tenant_id: UUID, job_id: UUID):
    with database.transaction() as connection:
        return jobs.get(connection, tenant_id, job_id)
