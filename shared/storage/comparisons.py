"""What a challenger said beside the champion, picture by picture, and the sums of it."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from shared.domain.drift import BINS
from shared.domain.lifecycle import VersionState
from shared.domain.rollout import Comparison, Overturned
from shared.storage.db import Connection
from shared.storage.queries import QUERIES

Row = Mapping[str, Any]

MOST = 20_000
"""Pictures that figures rest on, the latest: enough for a tenth of a percent, few enough to be summed every 2 s."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Compared:
    """One picture under both versions: scores in [0, 1] and verdicts; `error` where the challenger has none."""

    challenger: str
    phase: VersionState
    job_id: UUID
    score: float | None = None
    verdict: str | None = None
    champion: str
    champion_score: float
    champion_verdict: str
    error: str | None = None


def add(connection: Connection, compared: Iterable[Compared]) -> None:
    """Keep them, but for jobs that were erased meanwhile and pictures that were compared in this phase before."""
    with connection.cursor() as cursor:
        cursor.executemany(QUERIES["insert_comparison"], [asdict(one) for one in compared])


def compare(
    connection: Connection, challenger: str, phase: VersionState, *, reviews_since: datetime | None
) -> Comparison:
    """What the `MOST` latest pictures of one phase say of a challenger; with reviews since then, where asked for."""
    asked = {"challenger": challenger, "phase": phase, "most": MOST}
    changes: dict[tuple[str, str], int] = defaultdict(int)
    champion_bins, challenger_bins, errors = [0] * BINS, [0] * BINS, 0
    for row in connection.execute(QUERIES["count_comparisons"], asked):
        if row["failed"]:
            errors += row["pictures"]
        else:
            changes[row["champion_verdict"], row["verdict"]] += row["pictures"]
            champion_bins[row["champion_bin"] - 1] += row["pictures"]
            challenger_bins[row["bin"] - 1] += row["pictures"]
    counted = connection.execute(QUERIES["count_compared_tenants"], asked).fetchone()
    assert counted is not None
    theirs, ours = Overturned(), Overturned()
    if reviews_since is not None:
        theirs, ours = _overturned(connection, challenger, reviews_since)
    return Comparison(
        changes=changes,
        champion_bins=champion_bins,
        challenger_bins=challenger_bins,
        errors=errors,
        tenants=counted["tenants"],
        challenger_reviews=theirs,
        champion_reviews=ours,
    )


def _overturned(connection: Connection, challenger: str, since: datetime) -> tuple[Overturned, Overturned]:
    """Of the challenger's results and of the champion's."""
    champion = connection.execute(QUERIES["get_champion_state"]).fetchone()
    versions = [challenger, champion["version"]] if champion else [challenger]
    rows = connection.execute(QUERIES["count_overturned"], {"since": since, "versions": versions})
    found = {row["version"]: Overturned(reviewed=row["reviewed"], overturned=row["overturned"]) for row in rows}
    return found.get(challenger, Overturned()), found.get(versions[-1], Overturned())


def clear(connection: Connection, challenger: str) -> None:
    """Forget an earlier trial of this version, by which a new one must not be judged."""
    connection.execute(QUERIES["clear_comparisons"], {"challenger": challenger})


def forget(connection: Connection, *, days: int) -> None:
    """Drop what is older; the figures of each move stay in its log."""
    connection.execute(QUERIES["forget_comparisons"], {"days": days})
