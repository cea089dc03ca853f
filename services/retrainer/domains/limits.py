"""From what probability on a domain is named: where heads that never saw the owner were right."""

import numpy as np

from services.retrainer.domains.fit import Floats, Strings
from services.retrainer.domains.labels import TOLD
from shared.domain.domains import Domain

RIGHT = 0.5
"""A domain is named where it is right more often than wrong."""

FEWEST, FEWEST_OWNERS = 40, 5
"""Looks so named, and owners of them, on which that must rest."""

STEPS = np.arange(0.15, 0.96, 0.01)
"""Limits that are tried, the lowest first: the likeliest of seven has no less."""

NEVER = 2.0
"""The least probability of a domain that is never named."""


def least(said: Floats, truths: Strings, owners: Strings) -> Floats:
    """For each of TOLD the lowest probability from which on it is right in RIGHT of the looks that it is the likeliest
    for, float32 [K]; NEVER where there is none. `said` is float32 [N, K].
    """
    first, likely = said.argmax(1), said.max(1)
    found = np.full(len(TOLD), NEVER, np.float32)
    for place, domain in enumerate(TOLD):
        rows = np.flatnonzero(first == place)
        for limit in STEPS:
            chosen = rows[likely[rows] >= limit]
            if len(chosen) < FEWEST or len(np.unique(owners[chosen])) < FEWEST_OWNERS:
                break
            if (truths[chosen] == domain.value).mean() >= RIGHT:
                found[place] = limit
                break
    return found


def named(said: Floats, limits: Floats) -> Strings:
    """The domain of each row of `said`, float32 [N, K], or OTHER: [N]."""
    first, likely = said.argmax(1), said.max(1)
    names = np.array([domain.value for domain in TOLD])[first]
    return np.where(likely >= limits[first], names, Domain.OTHER.value)
