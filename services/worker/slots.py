"""Who may send how much at once, so that receivers which are slow or dead leave room for the others."""

import threading
import time
from collections.abc import Callable
from uuid import UUID

from shared.storage.webhooks import Delivery, Room

QUICK_SECONDS = 2.0
"""A receiver whose attempt takes longer than this is doubtful from then on."""

QUICK = 64
"""Attempts under way at receivers that are not doubtful."""

DOUBTFUL = 32
"""Attempts begun at doubtful receivers, however many such receivers there are."""

THREADS = 256
"""Attempts under way in all: those that turned out slow go on beside the two above, for one time limit at most."""

PER_RECEIVER = 4
"""Attempts under way at one endpoint, or at all callbacks of one tenant."""

PER_TENANT = 8
"""Attempts under way at all receivers of one tenant that are not doubtful."""

DOUBTFUL_PER_TENANT = 4
"""The same, for those that are."""


class Slots:
    """What is under way, and which receivers are doubtful: those whose last attempt failed or was slow, or is slow now.

    An attempt that has become slow gives its slot back while it is still under way: a receiver that hangs costs the
    others QUICK_SECONDS once, and not the time limit again and again. Safe to share by threads.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._under_way: dict[UUID, tuple[UUID, float]] = {}
        self._doubtful: set[UUID] = set()

    def room(self) -> Room:
        with self._lock:
            self._doubt_the_slow()
            receivers = [receiver for receiver, _ in self._under_way.values()]
            slow = sum(receiver in self._doubtful for receiver in receivers)
            left = THREADS - len(receivers)
            quick = max(0, min(QUICK - (len(receivers) - slow), left))
            return Room(
                quick=quick,
                doubtful=max(0, min(DOUBTFUL - slow, left - quick)),
                doubtful_receivers=frozenset(self._doubtful),
                per_receiver=PER_RECEIVER,
                per_tenant=PER_TENANT,
                doubtful_per_tenant=DOUBTFUL_PER_TENANT,
            )

    def begin(self, delivery: Delivery) -> None:
        with self._lock:
            self._under_way[delivery.id] = (delivery.receiver_id, self._clock())

    def end(self, delivery: Delivery, *, delivered: bool) -> None:
        with self._lock:
            receiver, began = self._under_way.pop(delivery.id)
            if delivered and self._clock() - began <= QUICK_SECONDS:
                self._doubtful.discard(receiver)
            else:
                self._doubtful.add(receiver)

    def _doubt_the_slow(self) -> None:
        limit = self._clock() - QUICK_SECONDS
        self._doubtful |= {receiver for receiver, began in self._under_way.values() if began < limit}
