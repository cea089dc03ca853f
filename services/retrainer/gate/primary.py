"""The two primary rules: a candidate ranks no worse where it matters, and accuses no more people.

Both are paired: the same owners are drawn anew for both versions, each class's for themselves, so that what one
picture has of luck both have. A picture counts once, however many views of it there are. Confidence is one-sided,
because only a loss is asked about (non-inferiority; Piaggio et al., JAMA 308, 2012).
"""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from services.retrainer.gate.limits import Limits
from services.retrainer.gate.report import GuardReport
from services.retrainer.statistics.bootstrap import Values, Weights, partial_roc_aucs, resamples, shares
from shared.domain.gate import Ruling, Weight

PERCENTS = (5, 95)
"""Of the draws: the one-sided bounds of 95 %."""


def primary(
    candidate: GuardReport, champion: GuardReport, shipped: GuardReport, limits: Limits, seed: int
) -> Iterator[Ruling]:
    """Both rules against the champion, then against the shipped version, so that small losses cannot add up.

    A guard set that is too small for them refuses: nothing is promoted on what nobody could see.
    """
    plain = candidate.plain
    names = [f"{rule}_{name}" for name in ("champion", "shipped") for rule in ("partial_auroc", "false_accusations")]
    if lack := _lack(candidate, plain, limits):
        for name in names:
            yield Ruling(
                name=name, passed=False, value=None, limit=None, detail=lack, weight=Weight.PRIMARY, judged=False
            )
        return
    labels = candidate.labels[plain]
    weights = resamples(candidate.owners[plain], labels, draws=limits.draws, seed=seed) * candidate.by_picture[plain]
    # The champion often is the shipped version.
    reports = {id(report): report for report in (candidate, champion, shipped)}
    areas = {
        key: partial_roc_aucs(labels, report.probabilities[plain], limits.max_fpr, weights)
        for key, report in reports.items()
    }
    for name, other in (("champion", champion), ("shipped", shipped)):
        yield _ranks(name, areas[id(candidate)], areas[id(other)], limits)
        yield _accuses(name, candidate, other, weights, limits)


def _lack(report: GuardReport, plain: NDArray[np.bool_], limits: Limits) -> str | None:
    for label, name in enumerate(("human", "AI")):
        chosen = plain & (report.labels == label)
        pictures, owners = (len(np.unique(column[chosen])) for column in (report.pictures, report.owners))
        if pictures < limits.least_pictures or owners < limits.least_owners:
            return (
                f"The guard set holds {pictures} {name} pictures of {owners} owners; {limits.least_pictures} of "
                f"{limits.least_owners} are needed to judge, and what cannot be judged is not promoted."
            )
    return None


def _ranks(name: str, ours: Values, theirs: Values, limits: Limits) -> Ruling:
    value, low, high = _bounds(ours - theirs)
    return Ruling(
        name=f"partial_auroc_{name}",
        passed=low >= -limits.partial_auroc,
        value=value,
        limit=-limits.partial_auroc,
        low=low,
        high=high,
        weight=Weight.PRIMARY,
        detail=f"The ROC AUC up to a false-positive rate of {limits.max_fpr:.0%} is {ours[0]:.3f} where the {name} "
        f"version has {theirs[0]:.3f}: {value:+.3f}, and with 95 % confidence at least {low:+.3f}; down to "
        f"{-limits.partial_auroc:+.3f} passes.",
    )


def _accuses(name: str, candidate: GuardReport, other: GuardReport, weights: Weights, limits: Limits) -> Ruling:
    plain = candidate.plain
    human = candidate.human[plain]
    ours, theirs = (shares(report.called_ai[plain], human, weights) for report in (candidate, other))
    value, low, high = _bounds(ours - theirs)
    return Ruling(
        name=f"false_accusations_{name}",
        passed=high <= limits.accused and value <= limits.accused_measured,
        value=value,
        limit=limits.accused,
        low=low,
        high=high,
        value_limit=limits.accused_measured,
        weight=Weight.PRIMARY,
        detail=f"Of human pictures {ours[0]:.2%} are called AI where the {name} version calls {theirs[0]:.2%}: "
        f"{100 * value:+.2f} points, and with 95 % confidence at most {100 * high:+.2f}; up to "
        f"{100 * limits.accused_measured:+.2f} and {100 * limits.accused:+.2f} passes.",
    )


def _bounds(differences: Values) -> tuple[float, float, float]:
    """The measured difference, and what the draws leave below and above it; rounded, so that JSON says what was
    compared.
    """
    low, high = np.percentile(differences[1:], PERCENTS)
    return round(float(differences[0]), 6), round(float(low), 6), round(float(high), 6)
