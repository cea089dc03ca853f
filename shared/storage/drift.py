"""Drift of live scores: against a version's first ones, the share of uncertain, the share that people overturn."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from shared.domain.drift import BINS, psi
from shared.storage.db import Connection
from shared.storage.queries import QUERIES

Row = Mapping[str, Any]

WINDOW = timedelta(hours=24)

TENANTS = 10
"""Tenants that have figures of their own, by traffic; the rest are `other`, and everybody together is `all`."""

REFERENCE = 1000
"""A version's first scores, of everybody and of each tenant, that later ones are held against."""

LEAST = 500
"""Scores of a window below which its stability index would be mostly noise."""

Key = tuple[str, str]
"""Tenant (an id, `other` or `all`) and version."""


def measure(connection: Connection) -> None:
    """Replace the figures by those of the last 24 hours, and take the references that are due."""
    busiest = _busiest(connection)
    bins: dict[Key, list[int]] = defaultdict(lambda: [0] * BINS)
    uncertain: dict[Key, int] = defaultdict(int)
    asked = {"window": WINDOW, "busiest": busiest}
    for row in connection.execute(QUERIES["score_histograms"], asked):
        key = row["tenant"], row["version"]
        bins[key][row["bin"] - 1] += row["scored"]
        uncertain[key] += row["uncertain"]
    reviews = {
        (row["tenant"], row["version"]): (row["reviewed"], row["overturned"])
        for row in connection.execute(QUERIES["overturned_by_tenant"], asked)
    }
    references = _references(connection, bins, busiest)
    connection.execute(QUERIES["clear_drift"])
    with connection.cursor() as cursor:
        cursor.executemany(
            QUERIES["insert_drift"],
            [
                _figures(key, bins[key], uncertain[key], references.get(key), reviews.get(key, (0, 0)))
                for key in sorted(bins.keys() | reviews.keys())
            ],
        )


def figures(connection: Connection) -> list[Row]:
    """Rows of tenant, version, scored, psi (None: not known), uncertain, reviewed, overturned and measured_at."""
    return list(connection.execute(QUERIES["list_drift"]))


def _busiest(connection: Connection) -> list[str]:
    rows = connection.execute(QUERIES["busiest_tenants"], {"window": WINDOW, "most": TENANTS})
    return [row["tenant"] for row in rows]


def _references(
    connection: Connection, bins: Mapping[Key, Sequence[int]], busiest: Sequence[str]
) -> dict[Key, list[int]]:
    """Those that there are, and now those of whoever has enough scores for one."""
    known = {(row["tenant"], row["version"]): row["bins"] for row in connection.execute(QUERIES["list_references"])}
    for tenant, version in [key for key, own in bins.items() if key not in known and sum(own) >= REFERENCE]:
        asked = {"window": WINDOW, "busiest": busiest, "tenant": tenant, "version": version, "most": REFERENCE}
        first = {row["bin"]: row["scored"] for row in connection.execute(QUERIES["first_scores"], asked)}
        taken = [first.get(place, 0) for place in range(1, BINS + 1)]
        connection.execute(QUERIES["insert_reference"], {"tenant": tenant, "version": version, "bins": taken})
        known[tenant, version] = taken
    return known


def _figures(
    key: Key, bins: Sequence[int], uncertain: int, reference: Sequence[int] | None, reviews: tuple[int, int]
) -> dict[str, Any]:
    scored = sum(bins)
    return {
        "tenant": key[0],
        "version": key[1],
        "scored": scored,
        "psi": psi(reference, bins) if reference is not None and scored >= LEAST else None,
        "uncertain": uncertain / scored if scored else 0.0,
        "reviewed": reviews[0],
        "overturned": reviews[1],
    }
