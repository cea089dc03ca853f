"""How often an address may ask for permanent links: whoever has one needs no key, so no tenant is counted for them."""

import ipaddress
import math
import time
from collections.abc import Callable

from services.api.counters import Counters
from shared.config import Settings
from shared.metrics import LIMITED_REQUESTS, count

WINDOW = 60
"""Seconds."""

MISS_COST = 10
"""Requests that one for a token which leads nowhere counts for: nobody comes upon those by clicking."""


APPEAL_COST = 10
"""Requests that an appeal counts for, taken or not: it may carry many bytes."""


class Visitors:
    """Counts requests by address, an IPv6 one by its /64, which is what one customer is given (RFC 6177)."""

    def __init__(self, settings: Settings, counters: Counters, *, now: Callable[[], float] = time.time) -> None:
        self._allowed = settings.link_requests_per_minute
        self._counters = counters
        self._now = now

    def wait(self, address: str, by: int = 1) -> int:
        """Count a request, or `by`; the seconds after which there is room again, 0 where there is some now."""
        if self._allowed == 0:
            return 0
        now = self._now()
        window = math.floor(now / WINDOW)
        # Kept for two windows, because no two clocks agree on when one ends.
        counted = self._counters.add(f"link:{_network(address)}:{window}", 2 * WINDOW, by)
        if counted.value <= self._allowed:
            return 0
        count(LIMITED_REQUESTS, "links")
        return math.ceil((window + 1) * WINDOW - now)

    def miss(self, address: str) -> None:
        """A token led nowhere: count what that costs beyond the request itself."""
        self.wait(address, MISS_COST - 1)


def _network(address: str) -> str:
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return "unknown"
    if isinstance(parsed, ipaddress.IPv6Address):
        parsed = parsed.ipv4_mapped or parsed
    return str(ipaddress.ip_network((parsed, 64 if parsed.version == 6 else 32), strict=False))
