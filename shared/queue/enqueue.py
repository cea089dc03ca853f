"""Ringing the doorbell: a message says that something may wait, and which ids. Losing one costs delay, no job."""

import queue
import threading
from collections import defaultdict
from collections.abc import Sequence
from uuid import UUID

import redis
import structlog
from celery import Celery
from kombu.exceptions import KombuError

from shared.config import Settings
from shared.domain.job import Lane, Stage
from shared.errors import Outage
from shared.queue import names
from shared.queue.app import broker_url, make_celery

LIST_ROOM = 64
"""Messages that one lane's Redis list may hold. A message makes a worker take whatever waits, so more say no more."""

log = structlog.get_logger("queue")


class Doorbell:
    """Publishes at once, within seconds at worst; raises Outage("redis")."""

    def __init__(self, app: Celery, settings: Settings) -> None:
        self._app = app
        self._redis = redis.Redis.from_url(broker_url(settings), socket_timeout=5, socket_connect_timeout=2)

    def room(self, stage: Stage, lane: Lane) -> int:
        """How many more messages the lane's list may hold."""
        try:
            return LIST_ROOM - int(self._redis.llen(names.queue(stage, lane)))
        except redis.RedisError as exc:
            raise Outage("redis", str(exc)) from exc

    def ring(self, stage: Stage, lane: Lane, ids: Sequence[UUID] = ()) -> None:
        """One message with up to 64 ids; none at all says only that something waits."""
        try:
            self._app.send_task(
                names.TASKS[stage],
                kwargs={"ids": [str(job_id) for job_id in ids[: names.MAX_IDS]]},
                queue=names.queue(stage, lane),
                retry=False,
            )
        except (redis.RedisError, KombuError, OSError) as exc:
            raise Outage("redis", str(exc)) from exc

    def ring_retrainer(self, run_id: UUID) -> None:
        try:
            self._app.send_task(names.RETRAIN, kwargs={"run_id": str(run_id)}, queue=names.RETRAINING, retry=False)
        except (redis.RedisError, KombuError, OSError) as exc:
            raise Outage("redis", str(exc)) from exc

    def check(self) -> None:
        """Raise Outage unless Redis answers."""
        try:
            self._redis.ping()
        except redis.RedisError as exc:
            raise Outage("redis", str(exc)) from exc


class Publisher:
    """Keeps Redis off the request path: offers are taken at once and published by a thread, or dropped.

    What is dropped (Redis away, slow or frozen, or a list that is long already) the sweeper publishes later.
    """

    def __init__(self, settings: Settings, *, capacity: int = 4096) -> None:
        self._doorbell = Doorbell(make_celery(settings), settings)
        self._offers: queue.Queue[tuple[Stage, Lane, UUID] | None] = queue.Queue(capacity)
        self._thread = threading.Thread(target=self._run, name="publisher", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Publish what was offered, as far as five seconds allow."""
        try:
            self._offers.put_nowait(None)
        except queue.Full:
            return
        self._thread.join(timeout=5)

    def offer(self, stage: Stage, lane: Lane, job_id: UUID) -> None:
        """Never blocks."""
        try:
            self._offers.put_nowait((stage, lane, job_id))
        except queue.Full:
            log.warning("offer_dropped", job_id=str(job_id))

    def offer_run(self, run_id: UUID) -> None:
        """At once, within seconds at worst: few ask for one. Not rung for, a retrainer finds it by itself."""
        try:
            self._doorbell.ring_retrainer(run_id)
        except Outage as exc:
            log.warning("publish_failed", run_id=str(run_id), error=exc.detail)

    def check(self) -> None:
        self._doorbell.check()

    def _run(self) -> None:
        while (offer := self._offers.get()) is not None:
            grouped: dict[tuple[Stage, Lane], list[UUID]] = defaultdict(list)
            grouped[offer[:2]].append(offer[2])
            ended = False
            while not ended and not self._offers.empty() and sum(map(len, grouped.values())) < names.MAX_IDS:
                following = self._offers.get()
                if following is None:
                    ended = True
                else:
                    grouped[following[:2]].append(following[2])
            self._publish(grouped)
            if ended:
                return

    def _publish(self, grouped: dict[tuple[Stage, Lane], list[UUID]]) -> None:
        for (stage, lane), ids in grouped.items():
            try:
                if self._doorbell.room(stage, lane) > 0:
                    self._doorbell.ring(stage, lane, ids)
            except Outage as exc:
                log.warning("publish_failed", stage=stage, lane=lane, jobs=len(ids), error=exc.detail)
