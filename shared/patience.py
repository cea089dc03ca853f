"""Outliving a short outage."""

import time
from collections.abc import Callable
from typing import TypeVar

from shared.errors import Outage

PAUSE_SECONDS = 0.2

T = TypeVar("T")


def patiently(action: Callable[[], T], seconds: float) -> T:
    """What `action` gives, tried again while it raises Outage; the Outage itself once `seconds` are over."""
    give_up = time.monotonic() + seconds
    while True:
        try:
            return action()
        except Outage:
            if time.monotonic() >= give_up:
                raise
            time.sleep(PAUSE_SECONDS)
