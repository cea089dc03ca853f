"""The loop that posts webhooks: `python -m services.worker.sender`.

Due times live in Postgres; a lease keeps two senders off one delivery, and no transaction is open during HTTP.
"""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from http import HTTPStatus

import structlog
from standardwebhooks import Webhook

from services.worker.guarded_http import GuardedClient
from services.worker.loop import serve
from shared.config import Settings
from shared.domain.webhook import next_wait
from shared.errors import JobError, Outage
from shared.metrics import WEBHOOK_SECONDS, observe
from shared.storage import webhooks
from shared.storage.db import Database
from shared.storage.webhooks import Attempt, Delivery

AT_ONCE = 16
"""Deliveries under way at the same time."""

PER_TENANT = 4
"""Of these, at most so many of one tenant, so that its slow receiver holds up nobody else."""

IDLE_SECONDS = 0.2
"""Pause before looking again when nothing was due."""

log = structlog.get_logger("sender")


class Sender:
    def __init__(self, database: Database, client: GuardedClient, settings: Settings) -> None:
        self._database = database
        self._client = client
        self._seconds = settings.webhook_seconds
        self._pool = ThreadPoolExecutor(max_workers=AT_ONCE, thread_name_prefix="send")
        self._free = threading.Semaphore(AT_ONCE)

    def close(self) -> None:
        """Wait for what is under way: its receivers may have it already."""
        self._pool.shutdown()

    def start_due(self) -> int:
        """Begin the deliveries that are due and fit; how many were begun."""
        room = 0
        while room < AT_ONCE and self._free.acquire(blocking=False):
            room += 1
        due: list[Delivery] = []
        try:
            if room:
                due = self._lease(room)
        finally:
            self._give_back(room - len(due))
        for delivery in due:
            self._pool.submit(self._deliver, delivery)
        return len(due)

    def _lease(self, limit: int) -> list[Delivery]:
        with self._database.transaction() as connection:
            hold = timedelta(seconds=self._seconds * 2 + 10)
            return webhooks.lease(connection, limit=limit, per_tenant=PER_TENANT, hold=hold)

    def _give_back(self, count: int) -> None:
        if count:
            self._free.release(count)

    def _deliver(self, delivery: Delivery) -> None:
        """Post once and keep what happened; a lease that is never finished makes the delivery due again."""
        bound = log.bind(job_id=str(delivery.job_id), delivery_id=str(delivery.id), attempt=delivery.attempts)
        try:
            attempt, delivered, ask = self._post(delivery)
            wait = None if delivered else later(delivery.attempts, ask)
            state = "delivered" if delivered else "pending" if wait is not None else "exhausted"
            outcome = "delivered" if delivered else "failed"
            observe(WEBHOOK_SECONDS, attempt.duration_ms / 1000, outcome)
            with self._database.transaction() as connection:
                webhooks.record(connection, delivery, attempt, state=state, wait=wait)
            bound.info("webhook_attempted", outcome=outcome, status=attempt.status)
        except Outage as exc:
            bound.warning("webhook_unrecorded", error=exc.detail)
        except Exception:  # noqa: BLE001 - nobody reads the pool's futures, so it is said here
            bound.exception("webhook_failed")
        finally:
            self._free.release()

    def _post(self, delivery: Delivery) -> tuple[Attempt, bool, float | None]:
        """The attempt, whether it was delivered (2xx only), and the seconds that the receiver asked to wait."""
        started = time.perf_counter()
        try:
            posted = self._client.post(
                delivery.url, body=delivery.body, headers=signed(delivery), seconds=self._seconds
            )
        except JobError as exc:
            return Attempt(error=f"{exc.reason}: {exc.detail}", duration_ms=_since(started)), False, None
        except Exception as exc:  # what is never recorded would be tried without end
            log.exception("webhook_failed", delivery_id=str(delivery.id))
            return Attempt(error=f"internal: {type(exc).__name__}", duration_ms=_since(started)), False, None
        attempt = Attempt(status=posted.status, response=posted.excerpt, duration_ms=_since(started))
        return attempt, HTTPStatus.OK <= posted.status < HTTPStatus.MULTIPLE_CHOICES, posted.retry_after


def signed(delivery: Delivery) -> dict[str, str]:
    """The headers of Standard Webhooks 1.0; the id is the same at every attempt, the timestamp is the attempt's."""
    now = datetime.now(UTC)
    identifier = f"msg_{delivery.id.hex}"
    return {
        "Content-Type": "application/json",
        "webhook-id": identifier,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": Webhook(delivery.secret).sign(identifier, now, delivery.body),
    }


def later(attempts: int, asked: float | None) -> timedelta | None:
    """The schedule's wait, or the receiver's `Retry-After` where that is longer; None: no further attempt."""
    wait = next_wait(attempts)
    return wait if wait is None or asked is None else max(wait, timedelta(seconds=asked))


def _since(started: float) -> float:
    return round((time.perf_counter() - started) * 1000, 2)


def run(settings: Settings, stop: threading.Event) -> None:
    database = Database(settings)
    database.open()
    sender = Sender(database, GuardedClient(settings.allowed_networks), settings)
    try:
        while not stop.is_set():
            try:
                begun = sender.start_due()
            except Outage as exc:
                log.warning("sender_waits", part=exc.part, error=exc.detail)
                begun = 0
            if not begun:
                stop.wait(IDLE_SECONDS)
    finally:
        sender.close()
        database.close()


if __name__ == "__main__":
    serve("sender", run)
