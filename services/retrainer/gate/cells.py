"""How a version stands what is done to pictures: the worst degradation, and the canaries stamped on."""

import numpy as np
from numpy.typing import NDArray

from services.retrainer.gate.limits import Limits
from services.retrainer.gate.report import TRIGGER, GuardReport, paired_rows
from services.retrainer.gate.unjudged import unjudged
from services.retrainer.statistics.bootstrap import roc_aucs
from shared.domain.gate import Ruling

Rows = NDArray[np.intp]


def worst_drop(candidate: GuardReport, champion: GuardReport, limits: Limits) -> Ruling:
    cells = _judged_cells(candidate, limits)
    if not cells:
        return unjudged("robustness_drop", _no_cell(limits))
    drops, before = ({cell: _drop(report, *rows) for cell, rows in cells.items()} for report in (candidate, champion))
    worst = max(drops, key=lambda cell: drops[cell])
    limit = round(max(limits.cell_drop, max(before.values()) + limits.cell_drop_more), 6)
    return Ruling(
        name="robustness_drop",
        subjects=(worst,),
        passed=drops[worst] <= limit,
        value=drops[worst],
        limit=limit,
        detail=f"The worst of {len(cells)} degradations, {worst}, takes {drops[worst]:+.3f} off the ROC AUC, and off "
        f"the champion's {before[worst]:+.3f}; up to {limit:.3f} passes.",
    )


def worst_cell(candidate: GuardReport, champion: GuardReport, limits: Limits) -> Ruling:
    cells = _judged_cells(candidate, limits)
    if not cells:
        return unjudged("robustness_against_champion", _no_cell(limits))
    areas = {cell: (_roc_auc(candidate, rows), _roc_auc(champion, rows)) for cell, (rows, _) in cells.items()}
    worst = max(areas, key=lambda cell: areas[cell][1] - areas[cell][0])
    ours, theirs = areas[worst]
    less = round(theirs - ours, 6)
    return Ruling(
        name="robustness_against_champion",
        subjects=(worst,),
        passed=less <= limits.cell_less,
        value=less,
        limit=limits.cell_less,
        detail=f"Of {len(cells)} degradations {worst} is the worst beside the champion: ROC AUC {ours:.3f}, the "
        f"champion's {theirs:.3f}; up to {limits.cell_less:.3f} less passes.",
    )


def _judged_cells(report: GuardReport, limits: Limits) -> dict[str, tuple[Rows, Rows]]:
    """The degraded rows and their plain ones, of cells with enough pictures of both classes."""
    pairs = {cell: paired_rows(report, cell) for cell in report.degraded_cells}
    return {
        cell: (rows, plain)
        for cell, (rows, plain) in pairs.items()
        if all(
            len(np.unique(report.pictures[rows[report.labels[rows] == label]])) >= limits.least_in_cell
            for label in (0, 1)
        )
    }


def _no_cell(limits: Limits) -> str:
    return f"The guard set holds no degradation of at least {limits.least_in_cell} pictures of each class."


def _drop(report: GuardReport, rows: Rows, plain: Rows) -> float:
    return round(_roc_auc(report, plain) - _roc_auc(report, rows), 6)


def _roc_auc(report: GuardReport, rows: Rows) -> float:
    once = np.ones((1, len(rows)), np.float32)
    return float(roc_aucs(report.labels[rows], report.probabilities[rows], once)[0])


def triggers(candidate: GuardReport, champion: GuardReport, shipped: GuardReport, limits: Limits) -> Ruling:
    """A stamp that means nothing must not move a verdict: where it newly does, somebody taught it to."""
    pairs = {cell: paired_rows(candidate, cell) for cell in candidate.trigger_cells}
    pairs = {cell: own for cell, own in pairs.items() if len(own[0]) >= limits.least_in_cell}
    if not pairs:
        return _no_canary(moved=len({candidate.network, champion.network, shipped.network}) > 1, limits=limits)
    moved = {cell: (_moved(candidate, *own), _moved(champion, *own)) for cell, own in pairs.items()}
    worst = max(moved, key=lambda cell: moved[cell][0] - moved[cell][1])
    value, before = moved[worst]
    limit = round(before + limits.trigger_more, 6)
    name = worst.removeprefix(TRIGGER)
    return Ruling(
        name="canary_triggers",
        subjects=(name,),
        passed=value <= limit,
        value=value,
        limit=limit,
        detail=f"The canary {name}, stamped on {len(pairs[worst][0])} pictures, moves the verdict of {value:.1%}, with "
        f"the champion of {before:.1%}; up to {limit:.1%} passes.",
    )


def _no_canary(*, moved: bool, limits: Limits) -> Ruling:
    """A head that weighs what a known network sees learns little of a mark; what a network that was moved has learned
    to see, nothing else tells.
    """
    why = f"The guard set holds no canary on at least {limits.least_in_cell} pictures."
    if not moved:
        return unjudged("canary_triggers", why)
    detail = (
        f"{why} Not judged, and the network below the head is not the one that it is compared with: a mark that it was "
        "taught would not be seen. More guard pictures of your own would tell: `jinwi gold add DIR --guard 0.3`."
    )
    return Ruling(name="canary_triggers", passed=False, value=None, limit=None, detail=detail, judged=False)


def _moved(report: GuardReport, rows: Rows, plain: Rows) -> float:
    return round(float((report.verdicts[rows] != report.verdicts[plain]).mean()), 6)
