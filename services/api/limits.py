"""How often a tenant may ask: what each request costs, what its answer says of it, and when there is too much.

Windows are fixed and begin with the minute, or the day, of UTC: what stands in RateLimit (draft-ietf-httpapi-ratelimit-
headers-11) is then exact, and one command to Redis settles a request. A tenant may so send twice its limit around the
turn of a minute; the limits are there to keep one tenant from crowding out the others, which that does not.
"""

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from services.api.counters import Count, Counters
from services.api.errors import Problem
from shared.config import Settings
from shared.domain.tenant import Caller
from shared.metrics import LIMITED_REQUESTS, count


class Policy(StrEnum):
    """By the names that RateLimit-Policy and `violated-policies` give them."""

    SUBMISSIONS = "submissions"
    REQUESTS = "requests"
    QUOTA = "quota"


WINDOWS = {Policy.SUBMISSIONS: 60, Policy.REQUESTS: 60, Policy.QUOTA: 86_400}
"""Seconds."""

# By one name among the settings and among a tenant's own limits.
_SETTINGS = {
    Policy.SUBMISSIONS: "submissions_per_minute",
    Policy.REQUESTS: "requests_per_minute",
    Policy.QUOTA: "submissions_per_day",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Standing:
    """What a policy says after this request: `counted` of `allowed` in the window of `seconds`, over in `left` s."""

    policy: Policy
    allowed: int
    seconds: int
    left: int
    counted: Count

    @property
    def is_exceeded(self) -> bool:
        return self.counted.value > self.allowed

    @property
    def remaining(self) -> int:
        return max(0, self.allowed - self.counted.value)


class RateLimits:
    """Counts requests against what a tenant may; where a tenant has no limit, nothing is counted."""

    def __init__(self, settings: Settings, counters: Counters, *, now: Callable[[], float] = time.time) -> None:
        self._settings = settings
        self._counters = counters
        self._now = now

    def allowed(self, caller: Caller, policy: Policy) -> int:
        """How many in a window; 0: without limit."""
        own = getattr(caller.limits, _SETTINGS[policy])
        return int(getattr(self._settings, _SETTINGS[policy]) if own is None else own)

    def take(self, caller: Caller, policy: Policy) -> Standing | None:
        """Count a request of the caller's tenant; None where the tenant has no such limit."""
        allowed, seconds = self.allowed(caller, policy), WINDOWS[policy]
        if allowed == 0:
            return None
        now = self._now()
        window = math.floor(now / seconds)
        # Kept for two windows, because no two clocks agree on when one ends.
        counted = self._counters.add(f"{policy}:{caller.tenant_id}:{window}", 2 * seconds)
        left = math.ceil((window + 1) * seconds - now)
        return Standing(policy=policy, allowed=allowed, seconds=seconds, left=left, counted=counted)

    def give_back(self, standing: Standing) -> None:
        self._counters.take_back(standing.counted)


def headers(standings: Sequence[Standing]) -> dict[str, str]:
    """RateLimit-Policy and RateLimit (sections 3 and 4 of the draft); none where nothing is limited."""
    if not standings:
        return {}
    policies = (f'"{one.policy}";q={one.allowed};w={one.seconds}' for one in standings)
    left = (f'"{one.policy}";r={one.remaining};t={one.left}' for one in standings)
    return {"RateLimit-Policy": ", ".join(policies), "RateLimit": ", ".join(left)}


def refusal(standing: Standing) -> Problem:
    """The 429 of a policy that is exceeded; Retry-After is when its window ends, and no earlier."""
    count(LIMITED_REQUESTS, standing.policy)
    if standing.policy is Policy.QUOTA:
        kind, detail = "quota-exceeded", f"Today's {standing.allowed:,} submissions are used up; the day ends in UTC."
    else:
        kind = "rate-limited"
        detail = f"At most {standing.allowed:,} {standing.policy} a minute are accepted: wait {standing.left} s."
    members = {"violated-policies": [standing.policy]}
    return Problem(kind, detail, headers={"Retry-After": str(standing.left)}, **members)
