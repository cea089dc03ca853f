"""The plots of a report as inline SVG: text and axes in the colour of the page, light or dark."""

import io
import re
from collections.abc import Callable, Sequence

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from sklearn.metrics import roc_curve

from services.retrainer.evaluation.groups import Group
from services.retrainer.evaluation.judgement import SUSPECT, Judgement
from services.retrainer.evaluation.reliability import Reliability
from services.retrainer.statistics.bootstrap import Interval
from services.retrainer.statistics.metrics import BINS

# Okabe & Ito (2008): told apart by colour-blind eyes, and readable on white as on black.
BLUE, ORANGE, GREEN, GREY = "#3a8fc9", "#d9772b", "#1f9e77", "#8a8f98"
HUMAN, AI = BLUE, ORANGE

INK = "#010203"
"""Becomes the page's own colour of text."""

STYLE = {
    "font.family": "DejaVu Sans",
    "font.size": 9.5,
    "svg.fonttype": "none",
    "svg.hashsalt": "jinwi",
    "text.color": INK,
    "axes.labelcolor": INK,
    "axes.edgecolor": INK,
    "axes.linewidth": 0.7,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "axes.grid": True,
    "grid.color": GREY,
    "grid.alpha": 0.25,
    "grid.linewidth": 0.6,
    "xtick.color": INK,
    "ytick.color": INK,
    "legend.frameon": False,
}

RESOLUTION = 400
"""Points of a curve: more cannot be seen."""


def drawn(draw: Callable[[Axes], None], width: float, height: float, alt: str) -> str:
    """What `draw` does to one pair of axes of width × height inches, as `<svg>`; `alt` is read aloud."""
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(width, height), layout="constrained")
        draw(figure.add_subplot())
        file = io.StringIO()
        figure.savefig(file, format="svg", transparent=True, metadata={"Date": None})
    svg = re.sub(r"(?s)^.*?(?=<svg)|<metadata>.*?</metadata>", "", file.getvalue())
    svg = _private(svg, alt).replace(INK, "currentColor").replace("font: ", "font-family: inherit; font: ")
    return svg.replace("<svg ", f'<svg role="img" aria-label="{alt}" ', 1)


def _private(svg: str, salt: str) -> str:
    """Ids of one plot are no other's: a page holds them all."""
    prefix = re.sub(r"\W+", "-", salt)
    return re.sub(r'(\bid="|href="#|url\(#)', rf"\g<1>{prefix}-", svg)


def roc(judgement: Judgement) -> str:
    """True against false positive rate, with the two points that are asked for."""
    labels, scores = judgement.predictions.labels, judgement.predictions.logits
    false, true, _ = roc_curve(labels, scores)
    at = np.linspace(0, 1, RESOLUTION) ** 2  # the left end is where detectors are used

    def draw(axes: Axes) -> None:
        axes.plot([0, 1], [0, 1], color=GREY, lw=1, ls=":")
        axes.plot(at, np.interp(at, false, true), color=ORANGE, lw=2)
        for share, name, above in ((0.01, "tpr_at_1_fpr", -12), (0.05, "tpr_at_5_fpr", 4)):
            rate = judgement.figures[name]
            axes.vlines(share, rate.low, rate.high, color=INK, lw=1.4)
            axes.plot(share, rate.value, "o", color=INK, ms=4.5)
            said = f"{100 * rate.value:.0f} % at {100 * share:.0f} %"
            axes.annotate(said, (share, rate.value), (8, above), textcoords="offset points")
        axes.set(xlabel="human images called AI", ylabel="AI images found", xlim=(-0.01, 1), ylim=(0, 1.01))
        _percent(axes, both=True)

    return drawn(draw, 4.6, 4.2, f"ROC curve, {judgement.view} view")


def diagram(reliability: Reliability, view: str) -> str:
    """Share of AI images against the probability they were given; bubbles grow with the number of images."""

    def draw(axes: Axes) -> None:
        axes.plot([0, 1], [0, 1], color=GREY, lw=1, ls=":")
        at = [each.probability for each in reliability.bins]
        sizes = np.sqrt([each.images for each in reliability.bins])
        axes.vlines(
            at, [b.share.low for b in reliability.bins], [b.share.high for b in reliability.bins], color=GREEN, lw=1.4
        )
        axes.scatter(at, [each.share.value for each in reliability.bins], 12 + 90 * sizes / sizes.max(), color=GREEN)
        axes.set(xlabel="AI probability", ylabel="share of AI images", xlim=(-0.02, 1.02), ylim=(-0.02, 1.02))
        _percent(axes, both=True)

    return drawn(draw, 4.6, 4.2, f"reliability diagram, {view} view")


def histograms(judgement: Judgement) -> str:
    """How the probabilities of both classes are spread, and where the thresholds lie."""
    predictions, thresholds = judgement.predictions, judgement.thresholds

    def draw(axes: Axes) -> None:
        edges = np.linspace(0, 1, 2 * BINS + 1)
        for name, colour, chosen in (("human", HUMAN, predictions.human), ("AI", AI, predictions.ai)):
            if chosen.any():
                counts = np.histogram(predictions.probabilities[chosen], edges)[0] / chosen.sum()
                axes.stairs(counts, edges, fill=True, color=colour, alpha=0.35)
                axes.stairs(counts, edges, color=colour, lw=1.6, label=name)
        for threshold in (thresholds.likely_human, thresholds.likely_ai):
            axes.axvline(threshold, color=INK, lw=1, ls="--")
        axes.set(xlabel="AI probability", ylabel="share of the class", xlim=(0, 1))
        axes.legend(loc="upper center", bbox_to_anchor=(0.5, 1.12), ncols=2)
        _percent(axes, both=True)

    return drawn(draw, 7.2, 3.4, f"probabilities of both classes, {judgement.view} view")


def beside_nulls(judgement: Judgement) -> str:
    """ROC AUC of the detector and of what needs no detector."""
    rows = [("detector", judgement.figures["roc_auc"], ORANGE)]
    rows += [(null.name, null.roc_auc, GREY) for null in sorted(judgement.nulls, key=lambda null: -null.roc_auc.value)]

    def draw(axes: Axes) -> None:
        places = np.arange(len(rows))
        axes.barh(places, [max(0, each.value - 0.5) for _, each, _ in rows], left=0.5, height=0.62, alpha=0.55,
                  color=[colour for _, _, colour in rows])  # fmt: skip
        axes.hlines(places, [each.low for _, each, _ in rows], [each.high for _, each, _ in rows], color=INK, lw=1.4)
        axes.plot([each.value for _, each, _ in rows], places, "o", color=INK, ms=4)
        axes.axvline(SUSPECT, color=INK, lw=1, ls=":")
        axes.set_yticks(places, [name for name, _, _ in rows])
        axes.set(xlabel="ROC AUC", xlim=(np.nanmin([0.45, *(each.low for _, each, _ in rows)]), 1))
        axes.grid(axis="y", visible=False)
        axes.invert_yaxis()

    return drawn(draw, 7.2, 0.8 + 0.36 * len(rows), f"ROC AUC beside the nulls, {judgement.view} view")


def dots(groups: Sequence[Group], xlabel: str, alt: str, *, colour: str, limit: float | None = None) -> str:
    """A dot with its interval for each group; `limit` is drawn where one is set."""

    def draw(axes: Axes) -> None:
        _whiskers(axes, [group.rate for group in groups], colour)
        if limit is not None:
            axes.axvline(limit, color=INK, lw=1, ls=":")
        axes.set_yticks(np.arange(len(groups)), [f"{_short(group.name)} · {group.images:,}" for group in groups])
        axes.set(
            xlabel=xlabel, ylim=(len(groups) - 0.5, -0.5), xlim=(-0.01, max(0.2, *(g.rate.high for g in groups)) + 0.01)
        )
        axes.grid(axis="y", visible=False)
        _percent(axes, both=False)

    return drawn(draw, 7.2, 0.8 + 0.27 * len(groups), alt)


def _whiskers(axes: Axes, rates: Sequence[Interval], colour: str) -> None:
    places = np.arange(len(rates))
    axes.hlines(places, [rate.low for rate in rates], [rate.high for rate in rates], color=colour, lw=1.6)
    axes.plot([rate.value for rate in rates], places, "o", color=colour, ms=5)


def _short(name: str) -> str:
    name = name or "not stated"
    return name if len(name) <= 34 else f"{name[:33]}…"


def _percent(axes: Axes, *, both: bool) -> None:
    for axis in (axes.xaxis, axes.yaxis) if both else (axes.xaxis,):
        axis.set_major_formatter(lambda share, _: f"{100 * share:.3g} %")
