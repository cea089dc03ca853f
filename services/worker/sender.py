"""The loop that posts webhooks: `python -m services.worker.sender`.

Due times live in Postgres; a lease keeps two senders off one delivery, and no transaction is open during HTTP.
"""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from enum import Enum, auto
from http import HTTPStatus

import structlog
from standardwebhooks import Webhook

from services.worker.guarded_http import GuardedClient
from services.worker.loop import serve
from services.worker.slots import THREADS, Slots
from shared.config import Settings
from shared.domain.webhook import DeliveryState, DisabledReason, message_id, next_wait
from shared.errors import JobError, Outage
from shared.metrics import WEBHOOK_SECONDS, observe
from shared.storage import webhook_endpoints, webhooks
from shared.storage.db import Connection, Database
from shared.storage.webhooks import Attempt, Delivery

IDLE_SECONDS = 0.2
"""Pause before looking again when nothing was due."""

SETTLED_AT_ONCE = 1000
"""Deliveries held together with the disabling of their endpoint; the sweeper settles the rest."""

log = structlog.get_logger("sender")


class Outcome(Enum):
    """What an answer means: only a 2xx status delivers, and 410 says that nothing is wanted there any more."""

    DELIVERED = auto()
    FAILED = auto()
    GONE = auto()


class Sender:
    def __init__(self, database: Database, client: GuardedClient, settings: Settings) -> None:
        self._database = database
        self._client = client
        self._seconds = settings.webhook_seconds
        self._disable_after = timedelta(days=settings.webhook_disable_days)
        self._pool = ThreadPoolExecutor(max_workers=THREADS, thread_name_prefix="send")
        self._slots = Slots()

    def close(self) -> None:
        """Wait for what is under way: its receivers may have it already."""
        self._pool.shutdown()

    def start_due(self) -> int:
        """Begin the deliveries that are due and for which there is room; how many were begun."""
        room = self._slots.room()
        if not (room.quick or room.doubtful):
            return 0
        hold = timedelta(seconds=self._seconds * 2 + 10)
        with self._database.transaction() as connection:
            due = webhooks.lease(connection, room, hold=hold, disable_after=self._disable_after)
        for delivery in due:
            self._slots.begin(delivery)
            self._pool.submit(self._deliver, delivery)
        return len(due)

    def _deliver(self, delivery: Delivery) -> None:
        """Post once and keep what happened; a lease that is never finished makes the delivery due again."""
        job_id, endpoint_id = (str(one) if one else None for one in (delivery.job_id, delivery.endpoint_id))
        ids = {"job_id": job_id, "endpoint_id": endpoint_id, "delivery_id": str(delivery.id)}
        bound = log.bind(**ids, attempt=delivery.attempts)
        try:
            attempt, outcome, ask = self._post(delivery)
            # From here on the receiver is waited for no longer.
            self._slots.end(delivery, delivered=outcome is Outcome.DELIVERED)
            said = "delivered" if outcome is Outcome.DELIVERED else "failed"
            observe(WEBHOOK_SECONDS, attempt.duration_ms / 1000, said)
            with self._database.transaction() as connection:
                disabled = self._record(connection, delivery, attempt, outcome, ask)
            bound.info("webhook_attempted", outcome=said, status=attempt.status)
            if disabled:
                bound.warning("webhook_endpoint_disabled", reason=disabled)
        except Outage as exc:
            bound.warning("webhook_unrecorded", error=exc.detail)
        except Exception:  # noqa: BLE001 - nobody reads the pool's futures, so it is said here
            bound.exception("webhook_failed")

    def _post(self, delivery: Delivery) -> tuple[Attempt, Outcome, float | None]:
        """The attempt, what it means, and the seconds that the receiver asked to wait."""
        started = time.perf_counter()
        try:
            posted = self._client.post(
                delivery.url, body=delivery.body, headers=signed(delivery), seconds=self._seconds
            )
        except JobError as exc:
            return Attempt(error=f"{exc.reason}: {exc.detail}", duration_ms=_since(started)), Outcome.FAILED, None
        except Exception as exc:  # what is never recorded would be tried without end
            log.exception("webhook_failed", delivery_id=str(delivery.id))
            return Attempt(error=f"internal: {type(exc).__name__}", duration_ms=_since(started)), Outcome.FAILED, None
        attempt = Attempt(status=posted.status, response=posted.excerpt, duration_ms=_since(started))
        return attempt, meaning(posted.status), posted.retry_after

    def _record(
        self, connection: Connection, delivery: Delivery, attempt: Attempt, outcome: Outcome, ask: float | None
    ) -> DisabledReason | None:
        """Keep the attempt and what it says of the endpoint; why that one was disabled, if it was now.

        The endpoint's row first, then deliveries, as everywhere: so no two wait for one another.
        """
        reason = None
        if delivery.endpoint_id is not None:
            delivered = outcome is Outcome.DELIVERED
            webhook_endpoints.note_outcome(connection, delivery.endpoint_id, delivery.url, delivered=delivered)
            if not delivered and (outcome is Outcome.GONE or delivery.failing_too_long):
                reason = self._disable(connection, delivery, outcome)
        state, wait = what_next(delivery, outcome, ask)
        webhooks.record(connection, delivery, attempt, state=state, wait=wait)
        if reason is not None:
            webhooks.settle(connection, limit=SETTLED_AT_ONCE, endpoint_id=delivery.endpoint_id)
        return reason

    def _disable(self, connection: Connection, delivery: Delivery, outcome: Outcome) -> DisabledReason | None:
        reason = DisabledReason.GONE if outcome is Outcome.GONE else DisabledReason.FAILING
        assert delivery.endpoint_id is not None
        disabled = webhook_endpoints.disable(
            connection, delivery.endpoint_id, delivery.url, reason, after=self._disable_after
        )
        if disabled is None:
            return None
        webhooks.announce_disabled(connection, disabled)
        return reason


def meaning(status: int) -> Outcome:
    """Redirects are failures (specification, "Delivery"): they are never followed."""
    if HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
        return Outcome.DELIVERED
    return Outcome.GONE if status == HTTPStatus.GONE else Outcome.FAILED


def what_next(delivery: Delivery, outcome: Outcome, ask: float | None) -> tuple[DeliveryState, timedelta | None]:
    """The state in which the attempt leaves its delivery, and the wait before the next one if it is `pending`.

    410 ends the delivery to a callback, which nobody can enable again; that of an endpoint, which is disabled by it,
    is held with the others that wait there.
    """
    if outcome is Outcome.DELIVERED:
        return DeliveryState.DELIVERED, None
    if outcome is Outcome.GONE and delivery.endpoint_id is None:
        return DeliveryState.EXHAUSTED, None
    wait = later(delivery.attempts - delivery.schedule_from, ask)
    return (DeliveryState.EXHAUSTED, None) if wait is None else (DeliveryState.PENDING, wait)


def signed(delivery: Delivery) -> dict[str, str]:
    """The headers of Standard Webhooks 1.0, one signature for each secret that signs.

    The id is the same at every attempt, the timestamp is the attempt's.
    """
    now = datetime.now(UTC)
    identifier = message_id(delivery.id)
    signatures = [Webhook(secret).sign(identifier, now, delivery.body) for secret in delivery.secrets]
    return {
        "Content-Type": "application/json",
        "webhook-id": identifier,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": " ".join(signatures),
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
