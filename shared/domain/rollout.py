"""When a challenger moves on, and when it is stopped: figures in, a decision out."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any

from shared.domain.drift import least_change, least_share, more_often, psi
from shared.domain.lifecycle import VersionState

LEAST_ERRORS = 3
"""A single picture that a challenger cannot score says nothing of it."""

LEAST_REVIEWS = 5
"""Reviewed canary results below which people's overturning stops nothing."""

LEAST_SCORES = 100
"""Scores from which on shifts stop at any time; a phase of fewer is judged at its end, without the stability index."""

SURE = 0.001
"""p below which canary results count as overturned more often; small, because it is asked again and again."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Plan:
    """How long a challenger is tried, on how much of the traffic, and what stops it. Zeros mean: straight on."""

    shadow_share: float = 0.10
    shadow_hours: float = 24
    shadow_images: int = 1000
    canary_share: float = 0.05
    canary_hours: float = 24
    canary_images: int = 200
    most_errors: float = 0.01
    most_changed: float = 0.25
    most_human_to_ai: float = 0.02
    most_psi: float = 0.25
    most_uncertain: float = 0.15

    def share(self, state: VersionState) -> float:
        return {VersionState.SHADOW: self.shadow_share, VersionState.CANARY: self.canary_share}.get(state, 0.0)

    def skips(self, state: VersionState) -> bool:
        """Whether this phase is configured to nothing."""
        hours, images = self.asks(state)
        return self.share(state) == 0 or (hours == 0 and images == 0)

    def asks(self, state: VersionState) -> tuple[float, int]:
        """Least hours and least pictures of a phase."""
        if state is VersionState.SHADOW:
            return self.shadow_hours, self.shadow_images
        return self.canary_hours, self.canary_images


@dataclass(frozen=True, kw_only=True, slots=True)
class Overturned:
    """Decided verdicts that people reviewed, and how many of them they overturned."""

    reviewed: int = 0
    overturned: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class Comparison:
    """What challenger and champion said of the same pictures, in one phase.

    `changes` counts pictures by (champion's verdict, challenger's verdict); the histograms have `drift.BINS` bins.
    """

    changes: Mapping[tuple[str, str], int]
    champion_bins: Sequence[int]
    challenger_bins: Sequence[int]
    errors: int = 0
    tenants: int = 0
    challenger_reviews: Overturned = Overturned()
    champion_reviews: Overturned = Overturned()

    @property
    def n(self) -> int:
        """Pictures with both scores."""
        return sum(self.changes.values())

    @property
    def changed(self) -> int:
        return sum(count for (before, after), count in self.changes.items() if before != after)

    @property
    def human_to_ai(self) -> int:
        return self.changes.get(("likely_human", "likely_ai"), 0)

    @property
    def psi(self) -> float | None:
        return psi(self.champion_bins, self.challenger_bins) if self.n else None

    def uncertain(self) -> tuple[int, int]:
        """Pictures that became uncertain, and pictures that are so no longer."""
        pairs = self.changes.items()
        become = sum(n for (before, after), n in pairs if before != "uncertain" and after == "uncertain")
        left = sum(n for (before, after), n in pairs if before == "uncertain" and after != "uncertain")
        return become, left

    def document(self) -> dict[str, Any]:
        """As the API, the log of moves and the command line show it; shares are null where nothing was compared."""
        index = self.psi
        return {
            "n": self.n,
            "tenants": self.tenants,
            "errors": self.errors,
            "agreement": self._share(self.n - self.changed),
            "changed": self._share(self.changed),
            "human_to_ai": self._share(self.human_to_ai),
            "changes": [
                {"before": before, "after": after, "n": count}
                for (before, after), count in sorted(self.changes.items())
                if before != after
            ],
            "psi": None if index is None else round(index, 4),
            "uncertain": {
                "champion": self._share(sum(n for (before, _), n in self.changes.items() if before == "uncertain")),
                "challenger": self._share(sum(n for (_, after), n in self.changes.items() if after == "uncertain")),
            },
            "overturned": {"champion": asdict(self.champion_reviews), "challenger": asdict(self.challenger_reviews)},
        }

    def _share(self, count: int) -> float | None:
        return round(count / self.n, 4) if self.n else None


@dataclass(frozen=True, kw_only=True, slots=True)
class Decision:
    """Where a challenger goes, and why, in words."""

    after: VersionState
    why: str


def decide(state: VersionState, seen: Comparison, waited: timedelta, plan: Plan, *, frozen: bool) -> Decision | None:
    """What becomes of a challenger that is in `state` since `waited`; None: it stays.

    A freeze holds back what goes forward, and never a stop.
    """
    hours, images = plan.asks(state)
    done = waited >= timedelta(hours=hours) and seen.n >= images
    if why := _fault(seen, plan, done=done):
        return Decision(after=VersionState.STOPPED, why=why)
    if frozen or not (done or plan.skips(state)):
        return None
    why = "nothing is asked of it" if plan.skips(state) else f"{state} is over without a fault ({seen.n:,} pictures)"
    if state is VersionState.SHADOW and not plan.skips(VersionState.CANARY):
        return Decision(after=VersionState.CANARY, why=why)
    return Decision(after=VersionState.CHAMPION, why=why)


def _fault(seen: Comparison, plan: Plan, *, done: bool) -> str | None:
    """The first limit that the challenger is over beyond chance; `done` says that its phase is at its end."""
    tried = seen.n + seen.errors
    if seen.errors >= LEAST_ERRORS and seen.errors > plan.most_errors * tried:
        return f"errors: it could not score {seen.errors:,} of {tried:,} pictures"
    if (done or seen.n >= LEAST_SCORES) and (why := _shift(seen, plan)):
        return why
    theirs, ours = seen.challenger_reviews, seen.champion_reviews
    if theirs.reviewed < LEAST_REVIEWS:
        return None
    if more_often(theirs.overturned, theirs.reviewed, ours.overturned, ours.reviewed) >= SURE:
        return None
    return (
        f"overturned: people overturned {theirs.overturned:,} of {theirs.reviewed:,} of its verdicts, and "
        f"{ours.overturned:,} of {ours.reviewed:,} of the champion's"
    )


def _shift(seen: Comparison, plan: Plan) -> str | None:
    """How scores or verdicts differ from the champion's by more than the plan allows."""
    if least_share(seen.human_to_ai, seen.n) > plan.most_human_to_ai:
        share = seen.human_to_ai / seen.n
        return f"human_to_ai: {share:.1%} go from likely_human to likely_ai, {plan.most_human_to_ai:.1%} may"
    if least_share(seen.changed, seen.n) > plan.most_changed:
        return f"changed: {seen.changed / seen.n:.1%} of the verdicts change, {plan.most_changed:.1%} may"
    become, left = seen.uncertain()
    if least_change(become, left, seen.n) > plan.most_uncertain:
        return f"uncertain: its share changes by {(become - left) / seen.n:+.1%}, {plan.most_uncertain:.1%} may"
    index = seen.psi
    if index is not None and seen.n >= LEAST_SCORES and index > plan.most_psi:
        return f"psi: the scores' stability index is {index:.2f}, {plan.most_psi:.2f} is the limit"
    return None
