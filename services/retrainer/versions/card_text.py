"""A card for a person: Markdown from the document that serving reads."""

from collections.abc import Iterator, Mapping
from typing import Any


def markdown(card: Mapping[str, Any]) -> str:
    """What the version is, what it saw, what it cannot know, and its figures in short; card.json has them all."""
    return "\n".join(_lines(card)) + "\n"


def _lines(card: Mapping[str, Any]) -> Iterator[str]:
    yield f"# {card['name']} {card['version']}"
    if "description" in card:
        yield from ("", card["description"])
    limits = card["thresholds"]
    yield from (
        "",
        (
            f"`likely_ai` from {limits.get('likely_ai', 0.8)}, `likely_human` to {limits.get('likely_human', 0.2)}; "
            "between them it is uncertain. Supporting evidence only: a person decides."
        ),
        "",
        card["range"]["statement"],
    )
    if accused := card.get("false_accusation_rate"):
        yield from ("", f"Pictures by people called likely AI: {_share(accused)} of {accused['n']:,}.")
    if card.get("limits"):
        yield from ("", "## What it cannot know", "", *(f"- {limit}" for limit in card["limits"]))
    if card.get("data"):
        yield from ("", "## What it saw", "", *(_source(source) for source in card["data"]))
    if card.get("metrics"):
        yield from ("", "## Figures", "", *_figures(card["metrics"]))
    yield from ("", "## How it was made", "", *_making(card))


def _source(source: Mapping[str, Any]) -> str:
    told = (source.get("images", ""), f"Licence: {source['licence']}" if "licence" in source else "")
    return f"- {source['name']}: {' '.join(text for text in told if text)}"


def _figures(metrics: Mapping[str, Any]) -> Iterator[str]:
    yield from ("| measured on | ROC AUC | called likely AI wrongly |", "|---|---|---|")
    for name, measured in metrics.items():
        figures = measured.get("figures", measured)
        if "roc_auc" in figures:
            yield f"| {name} | {_share(figures['roc_auc'], percent=False)} | {_share(figures.get('false_likely_ai'))} |"


def _making(card: Mapping[str, Any]) -> Iterator[str]:
    if "architecture" in card:
        yield f"- {card['architecture']}"
    if "parameters" in card:
        yield f"- {card['parameters']:,} parameters"
    for name, value in card.get("training", {}).items():
        if isinstance(value, str | int | float):
            yield f"- {name.replace('_', ' ')}: `{value}`"


def _share(found: Any, *, percent: bool = True) -> str:
    """A figure with its interval where it has one."""
    if found is None:
        return "–"
    shown = "{:.1%}" if percent else "{:.3f}"
    if not isinstance(found, Mapping):
        return shown.format(found)
    value = shown.format(found["value"])
    if found.get("low") is None:
        return value
    return f"{value} ({shown.format(found['low'])} to {shown.format(found['high'])})"
