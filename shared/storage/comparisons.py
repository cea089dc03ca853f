"""What a challenger said beside the champion, picture by picture, and the sums of it."""

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
    """What is known of a challenger in one phase; with reviews since then, where asked for."""
    of_it = {"challenger": challenger, "phase": phase}
    changes = connection.execute(QUERIES["count_changes"], of_it)
    bins = {"champion": [0] * BINS, "challenger": [0] * BINS}
    counted = connection.execute(QUERIES["count_compared"], of_it).fetchone()
    assert counted is not None
    comparison = {(row["before"], row["after"]): row["pictures"] for row in changes}
    for row in connection.execute(QUERIES["count_bins"], of_it):
        bins[row["whose"]][row["bin"] - 1] = row["pictures"]
    theirs, ours = Overturned(), Overturned()
    if reviews_since is not None:
        theirs, ours = _overturned(connection, challenger, reviews_since)
    return Comparison(
        changes=comparison,
        champion_bins=bins["champion"],
        challenger_bins=bins["challenger"],
        errors=counted["errors"],
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


def forget(connection: Connection, *, days: int) -> None:
    """Drop what is older; the figures of each move stay in its log."""
    connection.execute(QUERIES["forget_comparisons"], {"days": days})
