"""The chapters of a report, each HTML under its title."""

from collections.abc import Mapping, Sequence
from html import escape

from services.retrainer.evaluation import plots
from services.retrainer.evaluation.groups import LEAST, Group
from services.retrainer.evaluation.judgement import MARGIN, SUSPECT, Judgement, leaking
from services.retrainer.evaluation.reliability import Reliability
from services.retrainer.evaluation.summary import FIGURES, warnings
from services.retrainer.pages.figures import NUMBER, SHARE, SIGNED, figure, ranges, written
from services.retrainer.pages.markup import explained, table
from services.retrainer.statistics.bootstrap import Interval

KIND_LIMIT = 0.10
"""Of false `likely_ai`, for every kind of human image."""

UNNAMED = "not stated"

SHOWN = 60
"""Groups that a plot shows at most."""


def opening(judgements: Sequence[Judgement]) -> str:
    """Warnings, and the figures that are asked for first."""
    said = "".join(f'<p class="warning"><b>Warning.</b> {escape(text)}</p>\n' for text in warnings(judgements))
    return said + f'<div class="cards">{"".join(_cards(judgements[0]))}</div>\n'


def chapters(judgements: Sequence[Judgement]) -> list[tuple[str, str]]:
    """Of the first judgement all, of the others what stands beside it."""
    primary = judgements[0]
    written = [("Figures", _figures(judgements))]
    if primary.nulls:
        written.append(("Beside the nulls", "".join(_nulls(judgement) for judgement in judgements)))
    written.append(("Verdicts", _verdicts(primary)))
    written.append(("Whom it accuses", _accused(primary)))
    if primary.generators:
        written.append(("What it finds", _found(primary)))
    if primary.reliability:
        written.append(("Calibration", _calibration(primary.reliability, primary.view)))
    written.append(("Classes", _classes(primary)))
    if primary.portraits:
        written.append(("Portraits", _portraits(primary.portraits)))
    return written


def _cards(judgement: Judgement) -> list[str]:
    cards = []
    if judgement.both_classes:
        cards.append(_card("ROC AUC", judgement.figures["roc_auc"], NUMBER))
    if null := judgement.strongest_null:
        cards.append(_card(f"above the strongest null ({null.name})", null.margin, SIGNED))
    if judgement.predictions.human.any():
        cards.append(_card("human images called likely AI", judgement.verdicts["human_likely_ai"], SHARE))
    if judgement.predictions.ai.any():
        cards.append(_card("AI images called likely AI", judgement.verdicts["ai_likely_ai"], SHARE))
    if measured := judgement.reliability:
        floor = f"a perfect model shows {measured.floor:.3f}, at most {measured.floor_high:.3f}"
        cards.append(_plain_card("expected calibration error", f"{measured.error:.3f}", floor))
    return cards


def _card(name: str, interval: Interval, form: str) -> str:
    return _plain_card(name, written(interval.value, form), ranges(interval, form) or "one owner: no interval")


def _plain_card(name: str, value: str, below: str) -> str:
    return (
        f'<div class="card"><div class="name">{escape(name)}</div><div class="value">{value}</div>'
        f'<div class="range">{escape(below)}</div></div>'
    )


def _figures(judgements: Sequence[Judgement]) -> str:
    rows = [
        [called, *(figure(each.figures[name], form) for each in judgements)]
        for name, (called, form) in FIGURES.items()
        if name in judgements[0].figures
    ]
    tabled = table(["", *(f"{judgement.view} view" for judgement in judgements)], rows)
    if not judgements[0].both_classes:
        return tabled
    note = (
        "<p>The matched view cuts, rescales and compresses both classes from one distribution, so that shape, size, "
        "grid and codec should say nothing; the nulls below check it. Raw figures may rest on how the images were "
        "collected.</p>"
    )
    return note + tabled + _pair([plots.roc(judgement) for judgement in judgements])


def _nulls(judgement: Judgement) -> str:
    rows = [
        [
            explained(null.name, null.says),
            figure(null.roc_auc, bad=leaking(null)),
            figure(null.margin, SIGNED),
        ]
        for null in sorted(judgement.nulls, key=lambda null: -null.roc_auc.value)
    ]
    return (
        f"<h3>{judgement.view} view</h3>"
        "<p>Each null was fitted on these very images, by folds that part no owner. The detector is worth what it "
        f"adds to the strongest; {MARGIN:.2f} is asked for. The dotted line marks {SUSPECT:.2f}, which no null without "
        "content should pass.</p>"
        + _drawn(plots.beside_nulls(judgement))
        + table(["null", "ROC AUC", "detector minus null"], rows)
    )


def _verdicts(judgement: Judgement) -> str:
    thresholds = judgement.thresholds
    said = ("likely_human", "uncertain", "likely_ai")
    rows = [
        [f"{shown} images", *(figure(judgement.verdicts[f"{name}_{verdict}"], SHARE) for verdict in said)]
        for name, shown, there in (
            ("human", "human", judgement.predictions.human.any()),
            ("ai", "AI", judgement.predictions.ai.any()),
        )
        if there
    ]
    return (
        f"<p>Likely human up to a probability of {thresholds.likely_human:g}, likely AI from {thresholds.likely_ai:g} "
        "on; between them the detector says that it is uncertain. The probabilities assume that half of the images "
        "are AI-generated.</p>"
        + table(["", "likely human", "uncertain", "likely AI"], rows)
        + _drawn(plots.histograms(judgement))
    )


def _accused(judgement: Judgement) -> str:
    parts = ["<p>Share of human images called likely AI, the highest first; beside each name its number of images.</p>"]
    if judgement.kinds:
        parts.append(
            "<h3>By kind</h3>" + _dots(judgement.kinds, "human images called likely AI", plots.HUMAN, KIND_LIMIT)
        )
        parts.append(_groups(judgement.kinds, "kind", limit=KIND_LIMIT))
    parts.append(f"<h3>By owner, {LEAST} images or more</h3>")
    if judgement.owners:
        parts.append(_dots(judgement.owners, "of an owner's images called likely AI", plots.HUMAN, None))
        parts.append(_folded("Table of owners", _groups(judgement.owners, "owner")))
    else:
        parts.append("<p>No owner has so many.</p>")
    return "".join(parts)


def _found(judgement: Judgement) -> str:
    at = {group.name: group.rate for group in judgement.found}
    rows = [
        [
            group.name or UNNAMED,
            f"{group.images:,}",
            f"{group.owners:,}",
            figure(group.rate, SHARE),
            figure(at[group.name], SHARE),
        ]
        for group in judgement.generators
    ]
    return (
        "<p>Share of AI images that reach a probability of 0.5, the lowest first.</p>"
        + _dots(judgement.generators, "AI images found", plots.AI, None)
        + _folded("Table of generators", table(["generator", "images", "owners", "at 0.5 or above", "likely AI"], rows))
    )


def _calibration(measured: Reliability, view: str) -> str:
    rows = [
        ["slope (1 is right)", figure(measured.slope)],
        ["intercept (0 is right)", figure(measured.intercept, SIGNED)],
        ["expected calibration error", f"{measured.error:.3f}"],
        ["the same of a perfect model, mean", f"{measured.floor:.3f}"],
        ["of a perfect model, exceeded in one of twenty", f"{measured.floor_high:.3f}"],
    ]
    return (
        "<p>Both classes weigh the same. A slope below 1 means that the detector is too sure of itself. Even a perfect "
        "model shows a calibration error on so few images, by chance.</p>"
        f'<div class="pair">{_drawn(plots.diagram(measured, view))}{table(["", ""], rows)}</div>'
    )


def _classes(judgement: Judgement) -> str:
    columns = ("precision", "recall", "f1-score", "support")
    names = {"human": "human", "ai": "AI", "macro avg": "mean of both", "weighted avg": "mean, weighted by support"}
    rows = [
        [names[name], *(f"{row[column]:,.0f}" if column == "support" else f"{row[column]:.3f}" for column in columns)]
        for name, row in judgement.classes.items()
    ]
    confusion = judgement.confusion
    heads = ["at a probability of 0.5", "precision", "recall", "F1", "images"]
    return table(heads, rows) + table(
        ["confusion", "called human", "called AI"],
        [
            ["human", f"{confusion['true_human']:,}", f"{confusion['false_ai']:,}"],
            ["AI", f"{confusion['false_human']:,}", f"{confusion['true_ai']:,}"],
        ],
    )


def _portraits(portraits: Mapping[str, Mapping[str, float]]) -> str:
    names = {
        "roc_auc": ("ROC AUC, portraits of people against AI portraits", NUMBER),
        "false_likely_ai": ("human portraits called likely AI", SHARE),
        "found_likely_ai": ("AI portraits called likely AI", SHARE),
    }
    rows = [
        [shown, figure(_interval(portraits[name]), form)] for name, (shown, form) in names.items() if name in portraits
    ]
    images = portraits["images"]
    return f"<p>{images['human']:,} human and {images['ai']:,} AI portraits.</p>" + table(["", ""], rows)


def _interval(document: Mapping[str, float | None]) -> Interval:
    return Interval(**{name: float("nan") if value is None else value for name, value in document.items()})


def _groups(groups: Sequence[Group], name: str, *, limit: float = 1.0) -> str:
    rows = [
        [
            group.name or UNNAMED,
            f"{group.images:,}",
            f"{group.owners:,}",
            figure(group.rate, SHARE, bad=group.rate.value > limit),
        ]
        for group in groups
    ]
    return table([name, "images", "owners", "called likely AI"], rows)


def _dots(groups: Sequence[Group], label: str, colour: str, limit: float | None) -> str:
    return _drawn(plots.dots(groups[:SHOWN], label, label, colour=colour, limit=limit))


def _folded(title: str, html: str) -> str:
    return f"<details><summary>{escape(title)}</summary>{html}</details>"


def _pair(drawings: Sequence[str]) -> str:
    return '<div class="pair">' + "".join(map(_drawn, drawings)) + "</div>"


def _drawn(svg: str) -> str:
    return f"<figure>{svg}</figure>"
