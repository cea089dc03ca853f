"""Limits against catastrophe: what two averages over all pictures would not show."""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from services.retrainer.evaluation.reliability import calibration_error
from services.retrainer.gate.cells import triggers, worst_cell, worst_drop
from services.retrainer.gate.limits import Limits
from services.retrainer.gate.report import GuardReport
from services.retrainer.gate.unjudged import unjudged
from services.retrainer.statistics.calibrate import balanced, line
from shared.domain.gate import Ruling

CERTAIN = 1e-6
"""For log-odds, a probability is taken to lie no nearer to 0 or 1."""


def limited(candidate: GuardReport, champion: GuardReport, shipped: GuardReport, limits: Limits) -> Iterator[Ruling]:
    yield from _kinds(candidate, champion, limits)
    for name, other in (("champion", champion), ("shipped", shipped)):
        yield _found(name, candidate, other, limits)
    yield _calibration_error(candidate, champion, limits)
    yield _calibration_slope(candidate, champion, limits)
    yield worst_drop(candidate, champion, limits)
    yield worst_cell(candidate, champion, limits)
    yield _negative_flips(candidate, champion, limits)
    yield triggers(candidate, champion, shipped, limits)
    yield _regressions(candidate, champion)
    both = (candidate, champion)
    slowest = max(limits.latency_ratio, round(1 + limits.latency_more_ms / champion.latency_ms, 6))
    yield _ratio("latency_ratio", "One picture takes {} ms", [own.latency_ms for own in both], slowest)
    yield _ratio("size_ratio", "The network takes {} MB", [own.size_bytes / 1e6 for own in both], limits.size_ratio)


def _kinds(candidate: GuardReport, champion: GuardReport, limits: Limits) -> Iterator[Ruling]:
    rule = "false_accusations_of_kind"
    human = candidate.plain & candidate.human & (candidate.kinds != "")
    few = []
    for kind in map(str, np.unique(candidate.kinds[human])):
        rows = human & (candidate.kinds == kind)
        if (count := len(np.unique(candidate.pictures[rows]))) < limits.least_of_kind:
            few.append(kind)
            continue
        value, before = (report.share(report.called_ai, rows) for report in (candidate, champion))
        limit = round(before + limits.kind_more, 6)
        yield Ruling(
            name=rule,
            subjects=(kind,),
            passed=value <= limit,
            value=value,
            limit=limit,
            detail=f"Of {count} human pictures of the kind {kind}, {value:.1%} are called AI, {before:.1%} by the "
            f"champion; up to {limit:.1%} passes.",
        )
    if few or not human.any():
        named = f": {', '.join(few)}" if few else ""
        why = f"Kinds with fewer than {limits.least_of_kind} human pictures have no limit of their own{named}."
        yield unjudged(rule, why, subjects=tuple(few))


def _found(name: str, candidate: GuardReport, other: GuardReport, limits: Limits) -> Ruling:
    """Against the shipped version too: thresholds that creep upwards a little in each run would silence a detector."""
    ai = candidate.plain & candidate.ai
    if not ai.any():
        return unjudged(f"found_ai_{name}", "The guard set holds no AI picture.")
    ours, theirs = (report.share(report.called_ai, ai) for report in (candidate, other))
    less = round(theirs - ours, 6)
    return Ruling(
        name=f"found_ai_{name}",
        passed=less <= limits.found_less,
        value=less,
        limit=limits.found_less,
        detail=f"Of AI pictures {ours:.1%} are called AI where the {name} version calls {theirs:.1%}; up to "
        f"{100 * limits.found_less:.0f} points less passes.",
    )


def _calibration_error(candidate: GuardReport, champion: GuardReport, limits: Limits) -> Ruling:
    plain = candidate.plain
    if not _both(candidate, plain):
        return unjudged("calibration_error", "Calibration is judged on both classes, and one is absent.")
    alike = _alike(candidate)
    value, before = (
        round(calibration_error(report.labels[plain], report.probabilities[plain], alike), 6)
        for report in (candidate, champion)
    )
    limit = round(before + limits.calibration_error, 6)
    return Ruling(
        name="calibration_error",
        passed=value <= limit,
        value=value,
        limit=limit,
        detail=f"On average a probability misses the share of AI pictures by {value:.3f}, the champion's by "
        f"{before:.3f}; up to {limit:.3f} passes.",
    )


def _calibration_slope(candidate: GuardReport, champion: GuardReport, limits: Limits) -> Ruling:
    slope, before = (_slope(report) for report in (candidate, champion))
    if slope is None or before is None or before <= 0:
        return unjudged("calibration_slope", "The guard set gives a calibration no slope that is finite and rises.")
    limit = max(limits.slope, _missed(before))
    return Ruling(
        name="calibration_slope",
        passed=_missed(slope) <= limit,
        value=slope,
        limit=limit,
        detail=f"The slope of the calibration is {slope:.2f}, the champion's {before:.2f}; 1 is right, and from "
        f"{1 / limit:.2f} to {limit:.2f} passes.",
    )


def _slope(report: GuardReport) -> float | None:
    """Of the logistic regression of the label on the log-odds, both classes and all pictures of one weighing the same
    (Cox 1958).
    """
    if not _both(report, report.plain):
        return None
    labels = report.labels[report.plain]
    inside = np.clip(report.probabilities[report.plain], CERTAIN, 1 - CERTAIN)
    log_odds = np.log(inside) - np.log1p(-inside)
    (slope,), _ = line(log_odds, labels.astype(np.float64), _alike(report)[np.newaxis])
    return round(float(slope), 6) if np.isfinite(slope) else None


def _alike(report: GuardReport) -> NDArray[np.float64]:
    """What each plain row counts, so that both classes weigh the same, and all pictures of one."""
    return balanced(report.labels[report.plain], report.pictures[report.plain], power=1)


def _missed(slope: float) -> float:
    """The factor by which a slope misses 1; a slope of 0 or less misses it by any factor."""
    return round(max(slope, 1 / slope), 6) if slope > 0 else float("inf")


def _negative_flips(candidate: GuardReport, champion: GuardReport, limits: Limits) -> Ruling:
    """Yan et al., "Positive-Congruent Training" (CVPR 2021, arXiv 2011.09161)."""
    plain = candidate.plain
    if not plain.any():
        return unjudged("negative_flips", "The guard set holds no plain view.")
    lost = candidate.share(champion.right & ~candidate.right, plain)
    won = candidate.share(candidate.right & ~champion.right, plain)
    return Ruling(
        name="negative_flips",
        passed=lost <= limits.negative_flips,
        value=lost,
        limit=limits.negative_flips,
        detail=f"Of all views {lost:.1%} were right before and are wrong now, and {won:.1%} the other way round; up to "
        f"{limits.negative_flips:.1%} passes.",
    )


def _regressions(candidate: GuardReport, champion: GuardReport) -> Ruling:
    """Broken is a case whose verdict is the opposite of what a person found, and was not so with the champion."""
    if not candidate.cases:
        return unjudged("regression_cases", "There is no regression case.")
    wrong, before = (_wrong_cases(report) for report in (candidate, champion))
    broken = tuple(sorted(wrong - before))
    named = f", newly: {', '.join(broken)}" if broken else ""
    return Ruling(
        name="regression_cases",
        subjects=broken,
        passed=not broken,
        value=len(broken),
        limit=0,
        detail=f"Of {len(candidate.cases)} settled cases {len(wrong)} have the opposite verdict, {len(before)} with "
        f"the champion{named}; none that was not wrong before passes.",
    )


def _wrong_cases(report: GuardReport) -> set[str]:
    def opposite(expected: int, probability: float) -> bool:
        if expected:
            return probability <= report.thresholds.likely_human
        return probability >= report.thresholds.likely_ai

    return {case.id for case in report.cases if opposite(case.expected, case.probability)}


def _ratio(name: str, says: str, both: Sequence[float], limit: float) -> Ruling:
    """`both` are the candidate's number and the champion's."""
    ours, theirs = both
    value = round(ours / theirs, 6)
    return Ruling(
        name=name,
        passed=value <= limit,
        value=value,
        limit=limit,
        detail=f"{says.format(f'{ours:.2f}')}, with the champion {theirs:.2f}: {value:.2f} times that; up to "
        f"{limit:.2f} passes.",
    )


def _both(report: GuardReport, rows: NDArray[np.bool_]) -> bool:
    return bool((rows & report.human).any() and (rows & report.ai).any())
