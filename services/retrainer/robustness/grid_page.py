"""The robustness grid as a chapter of a report."""

import io
import re
from collections.abc import Sequence
from dataclasses import asdict

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from services.retrainer.pages.figures import SHARE, SIGNED, figure
from services.retrainer.pages.markup import Html, explained, paragraph, study, table
from services.retrainer.pages.section import Section, document
from services.retrainer.robustness.grid import Cell, Grid
from services.retrainer.robustness.sweep import CLEAN
from services.retrainer.statistics.bootstrap import Interval

ALLOWED_DROP = 0.07
"""In AUROC, for the worst cell."""

GREEN, ORANGE, GREY, DARK, PALE = "#2a7f62", "#c2410c", "#6b7280", "#374151", "#e5e7eb"


def section(measured: Grid, title: str = "Robustness") -> Section:
    """What the worst cell is, chart and table."""
    worst = measured.worst
    kept = "within" if worst.drop.value <= ALLOWED_DROP else "beyond"
    html = study(
        paragraph(
            f"{measured.detector} on {measured.human:,} human and {measured.ai:,} AI pictures of {measured.owners:,} "
            f"owners ({measured.base} view), clean and under {len(measured.cells)} degradations that see no label. "
            "Intervals (95 %) draw owners anew. A flip is a verdict, by the score alone, that is not the clean "
            "picture's. A class of one owner has no interval."
        ),
        paragraph(
            f"Worst cell: {worst.name}, AUROC {worst.auroc.value:.3f}, {worst.drop.value:.3f} below the clean "
            f"pictures' {measured.clean.auroc.value:.3f}: {kept} the {ALLOWED_DROP} that is allowed."
        ),
        chart(measured),
        table(
            ["", "AUROC", "drop", "verdict flips", "false likely AI", "AI found likely AI"],
            [_row(cell) for cell in (measured.clean, *measured.cells)],
        ),
    )
    return Section(title=title, html=html, data=document({**asdict(measured), "worst": worst.name}))


def _row(cell: Cell) -> list[str]:
    drop = figure(cell.drop, SIGNED, bad=cell.drop.value > ALLOWED_DROP)
    return [
        explained(cell.name, cell.says),
        figure(cell.auroc),
        "–" if cell.name == CLEAN.name else drop,
        "–" if cell.name == CLEAN.name else figure(cell.flips, SHARE),
        figure(cell.false_likely_ai, SHARE),
        figure(cell.found_likely_ai, SHARE),
    ]


def chart(measured: Grid) -> Html:
    """AUROC with its interval, and flips, a line for each cell, as inline SVG."""
    cells, rows = measured.cells, np.arange(len(measured.cells))
    with mpl.rc_context({"font.family": "DejaVu Sans", "font.size": 9, "svg.hashsalt": "jinwi"}):
        plot = Figure(figsize=(10, 0.9 + 0.27 * len(cells)), layout="constrained")
        left, right = plot.subplots(1, 2, sharey=True, width_ratios=(3, 2))
        for axes in (left, right):
            axes.spines[["top", "right"]].set_visible(False)
            axes.grid(axis="x", color=PALE, lw=0.7)
            axes.set_axisbelow(True)
        _aurocs(left, rows, measured)
        right.barh(rows, [cell.flips.value for cell in cells], color=GREY, alpha=0.35, height=0.6)
        _whiskers(right, rows, [cell.flips for cell in cells], DARK)
        right.set_xlim(left=0)
        right.xaxis.set_major_formatter(lambda share, _: f"{100 * share:.0f} %")
        right.set_xlabel("verdicts flipped")
        file = io.StringIO()
        plot.savefig(file, format="svg")
    return Html(re.sub(r"(?s)^.*?(?=<svg)|<metadata>.*?</metadata>", "", file.getvalue()))


def _aurocs(axes: Axes, rows: NDArray[np.int64], measured: Grid) -> None:
    clean = measured.clean.auroc.value
    axes.axvspan(clean - ALLOWED_DROP, clean, color=GREEN, alpha=0.12, lw=0, label=f"drop of {ALLOWED_DROP}")
    axes.axvline(clean, color=GREEN, lw=1.2, label="clean")
    axes.axvline(0.5, color=GREY, lw=1, ls=":", label="chance")
    _whiskers(axes, rows, [cell.auroc for cell in measured.cells], ORANGE)
    axes.set_yticks(rows, [cell.name for cell in measured.cells])
    axes.invert_yaxis()
    axes.set_xlabel("AUROC")
    axes.legend(loc="lower center", bbox_to_anchor=(0.5, 1), ncols=3, frameon=False)


def _whiskers(axes: Axes, rows: NDArray[np.int64], intervals: Sequence[Interval], colour: str) -> None:
    axes.hlines(rows, [each.low for each in intervals], [each.high for each in intervals], color=colour, lw=1.6)
    axes.plot([each.value for each in intervals], rows, "o", color=colour, ms=4.5)
