"""Whether scores are spread as they were, and whether two shares differ: figures that need no library."""

import math
from collections.abc import Sequence

BINS = 10
"""Of equal width over [0, 1], so that 0.20 and 0.80, where verdicts turn, are edges."""

PSEUDOCOUNT = 0.5
"""Added to each bin (Jeffreys' prior), so that an empty one costs no infinity."""

Z = 3.0
"""Standard errors of a bound. Asked again and again of growing data, 2 would stop a faultless version by chance."""


def psi(reference: Sequence[int], actual: Sequence[int]) -> float:
    """Population stability index of two histograms over the same bins; 0: the same shares.

    Siddiqi, Credit Risk Scorecards (2006): below 0.10 stable, above 0.25 a shift. Two samples of n and m from the same
    scores give about (bins - 1) · (1/n + 1/m) (Yurdakul and Naranjo, Journal of Risk Model Validation, 2020).
    """
    if len(reference) != len(actual):
        raise ValueError(f"histograms of {len(reference)} and {len(actual)} bins cannot be compared")
    before, after = _shares(reference), _shares(actual)
    return sum((now - then) * math.log(now / then) for then, now in zip(before, after, strict=True))


def _shares(counts: Sequence[int]) -> list[float]:
    total = sum(counts) + PSEUDOCOUNT * len(counts)
    return [(count + PSEUDOCOUNT) / total for count in counts]


def least_share(count: int, total: int) -> float:
    """Lower bound of a share, `Z` standard errors down (Wilson, JASA 1927); 0 where nothing was counted."""
    if total == 0:
        return 0.0
    share, z2 = count / total, Z * Z
    centre = share + z2 / (2 * total)
    spread = Z * math.sqrt(share * (1 - share) / total + z2 / (4 * total * total))
    return max(0.0, (centre - spread) / (1 + z2 / total))


def least_change(up: int, down: int, total: int) -> float:
    """Lower bound of |up - down| / total, where so many of `total` pairs changed one way and the other (McNemar)."""
    if total == 0:
        return 0.0
    difference = abs(up - down) / total
    variance = max(0.0, (up + down) / total - difference * difference) / total
    return max(0.0, difference - Z * math.sqrt(variance))


def more_often(count: int, total: int, other: int, other_total: int) -> float:
    """Fisher's exact test, one-sided: how likely `count` of `total` or more is, were it as `other` of the others."""
    marked, everything = count + other, total + other_total
    ways = _log_comb(everything, total)
    within = range(max(count, total - (everything - marked)), min(marked, total) + 1)
    return sum(math.exp(_log_comb(marked, k) + _log_comb(everything - marked, total - k) - ways) for k in within)


def _log_comb(n: int, k: int) -> float:
    return math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)
