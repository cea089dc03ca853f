"""The loop that puts right what a crash or a lost message left behind: `python -m services.worker.sweeper`.

One sweeper works, by advisory lock; others stand by.
"""

import threading
from datetime import timedelta

import structlog

from services.worker import ended
from services.worker.loop import serve
from services.worker.rollout import Rollout
from shared.config import Settings
from shared.domain.job import Lane, Stage
from shared.errors import Outage
from shared.queue import names
from shared.queue.app import make_celery
from shared.queue.enqueue import Doorbell
from shared.storage import counts, images, leases, webhooks
from shared.storage.db import Database
from shared.storage.lock import SWEEPER, only_one
from shared.storage.objects import ObjectStore

LIMIT = 500
"""Most rows that one step of a round touches, so that a round stays short."""

log = structlog.get_logger("sweeper")


class Sweeper:
    """Each step stands alone: one that fails leaves the others their turn."""

    def __init__(self, database: Database, store: ObjectStore, doorbell: Doorbell, settings: Settings) -> None:
        self._database = database
        self._store = store
        self._doorbell = doorbell
        self._settings = settings
        self._rollout = Rollout(database, settings)

    def round(self) -> None:
        for step in (
            self.take_back,
            self.publish,
            self.collect,
            self.settle,
            self.fold,
            self._rollout.roll_out,
            self._rollout.measure_drift,
        ):
            try:
                step()
            except Outage as exc:
                log.warning("step_failed", step=step.__name__, part=exc.part, error=exc.detail)

    def take_back(self) -> None:
        """Queue again what a dead worker held; bury what crashed too often."""
        lease = timedelta(seconds=self._settings.lease_seconds)
        with self._database.transaction() as connection:
            queued, buried = leases.take_back_expired(connection, lease=lease, limit=LIMIT)
            webhooks.announce(connection, buried)
        ended.note(buried)
        if queued or buried:
            log.warning("leases_expired", queued=queued, buried=len(buried))

    def publish(self) -> None:
        """Ring for the oldest due jobs of each stage and lane, while its Redis list is short."""
        for stage in Stage:
            for lane in Lane:
                with self._database.transaction() as connection:
                    due = leases.oldest_due(connection, stage, lane, limit=LIMIT)
                if due and (room := self._doorbell.room(stage, lane)) > 0:
                    for start in range(0, min(len(due), room * names.MAX_IDS), names.MAX_IDS):
                        self._doorbell.ring(stage, lane, due[start : start + names.MAX_IDS])

    def collect(self) -> None:
        """Delete the images that no job refers to."""
        if gone := images.collect(self._database, self._store, limit=LIMIT):
            log.info("images_deleted", count=gone)

    def settle(self) -> None:
        """Hold the webhooks of endpoints that were disabled, cancel those of endpoints that were removed."""
        with self._database.transaction() as connection:
            webhooks.settle(connection, limit=LIMIT)

    def fold(self) -> None:
        with self._database.transaction() as connection:
            counts.fold(connection)


def run(settings: Settings, stop: threading.Event) -> None:
    """Sweep while the lock is ours; stand by while it is another's; outlive any outage."""
    database = Database(settings)
    database.open()
    sweeper = Sweeper(database, ObjectStore(settings), Doorbell(make_celery(settings), settings), settings)
    try:
        while not stop.is_set():
            try:
                with only_one(settings, SWEEPER) as still_held:
                    while still_held is not None and not stop.is_set() and still_held():
                        sweeper.round()
                        stop.wait(settings.sweep_seconds)
            except Outage as exc:
                log.warning("sweeper_waits", part=exc.part, error=exc.detail)
            stop.wait(settings.sweep_seconds)
    finally:
        database.close()


if __name__ == "__main__":
    serve("sweeper", run)
