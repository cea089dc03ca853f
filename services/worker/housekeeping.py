"""What is done by the hour, not by the second; the scheduler asks for it, any fetcher does it."""

import contextlib
from datetime import timedelta
from itertools import islice

import structlog

from shared.config import Settings
from shared.errors import Busy
from shared.storage import appeals, comparisons, gold, images, jobs, removal, spot_checks, webhook_endpoints
from shared.storage.db import Database
from shared.storage.lock import MAINTENANCE, only_one
from shared.storage.objects import ObjectStore

ORPHAN_AGE = timedelta(hours=1)
"""Bytes without a row are left alone for this long: an upload's transaction may still be on its way."""

BATCH = 500

log = structlog.get_logger("housekeeping")


def maintain(database: Database, store: ObjectStore, settings: Settings) -> None:
    """Partitions, retention, what is forgotten, spot checks, orphaned bytes. A second run meanwhile does nothing."""
    with only_one(settings, MAINTENANCE) as held:
        if held is None:
            return
        with database.transaction() as connection:
            partitions = jobs.make_partitions(connection)
        with database.transaction() as connection:
            jobs.forget_idempotency_keys(connection)
        with database.transaction() as connection:
            webhook_endpoints.forget_removed(connection)
        with database.transaction() as connection:
            comparisons.forget(connection, days=settings.shadow_days)
        erased = _apply_retention(database)
        with database.transaction() as connection:
            window = timedelta(days=settings.harvest_days)
            drawn = spot_checks.draw(connection, per_day=settings.spot_checks_per_day, window=window)
        adopted = _adopt_orphans(database, store)
        gold_orphans = gold.collect(database, store, age=ORPHAN_AGE)
        with contextlib.suppress(Busy):
            removal.collect(database, store)
    log.info(
        "housekeeping_done",
        partitions=partitions,
        erased=erased,
        orphans=adopted,
        gold_orphans=gold_orphans,
        spot_checks=drawn,
    )


def _apply_retention(database: Database) -> int:
    """Erase finished jobs older than their tenants keep them, one transaction each; how many.

    Whoever appealed since we looked is answered first.
    """
    erased = 0
    while True:
        with database.transaction() as connection:
            old = jobs.past_retention(connection, limit=BATCH)
        for tenant_id, job_id in old:
            with database.transaction() as connection:
                jobs.lock(connection, tenant_id, job_id)
                if not appeals.any_open(connection, tenant_id, job_id):
                    jobs.erase(connection, tenant_id, job_id)
                    erased += 1
        if not old:
            return erased


def _adopt_orphans(database: Database, store: ObjectStore) -> int:
    """Give a row to old bytes that have none, so that the sweeper deletes them; how many."""
    adopted = 0
    stored = store.images()
    while some := list(islice(stored, BATCH)):
        with database.transaction() as connection:
            adopted += images.adopt(connection, some, age=ORPHAN_AGE)
    return adopted
