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
        by = f" by {accused['owners']} owners" if "owners" in accused else ""
        yield from ("", f"Pictures by people called likely AI: {_share(accused)} of {accused['n']:,}{by}.")
    if card.get("limits"):
        yield from ("", "## What it cannot know", "", *(f"- {limit}" for limit in card["limits"]))
    if card.get("data"):
        yield from ("", "## What it saw", "", *(_source(source) for source in card["data"]))
    if card.get("metrics"):
        yield from ("", "## Figures", "", *_figures(card["metrics"]))
    if card.get("domains"):
        yield from ("", "## Kinds of pictures", "", *_domains(card["domains"]))
    yield from ("", "## How it was made", "", *_making(card))


def _source(source: Mapping[str, Any]) -> str:
    told = (source.get("images", ""), f"Licence: {source['licence']}" if "licence" in source else "")
    return f"- {source['name']}: {' '.join(text for text in told if text)}"


def _figures(metrics: Mapping[str, Any]) -> Iterator[str]:
    yield from ("| measured on | ROC AUC | called likely AI wrongly |", "|---|---|---|")
    for name, measured in metrics.items():
        figures = measured.get("figures", measured)
        if "roc_auc" in figures:
            accused = measured.get("verdicts", {}).get("human_likely_ai", figures.get("false_likely_ai"))
            yield f"| {name} | {_share(figures['roc_auc'], percent=False)} | {_share(accused)} |"


def _domains(told: Mapping[str, Any]) -> Iterator[str]:
    """What it takes pictures for, how often it is right, and its record there."""
    least = {name: limit for name, limit in told["least"].items() if limit is not None}
    never = [name for name in told["least"] if name not in least]
    named = ", ".join(f"{name} (from a probability of {limit:.2f})" for name, limit in least.items())
    yield f"It names {named or 'none'}; what it is less sure of is other."
    if never:
        yield f"It never names {', '.join(never)}: of owners left out it would be wrong there more often than right."
    yield from (
        "",
        "| measured on | pictures | owners | named | right where named | mean recall |",
        "|---|---|---|---|---|---|",
    )
    for name, found in told["measured"].items():
        shares = " | ".join(_share(found[figure]) for figure in ("named", "right_where_named", "macro_recall"))
        yield f"| {name} | {found['pictures']:,} | {found['owners']} | {shares} |"
    for name, found in _first_and_last(told["measured"]):
        yield from ("", f"{name[0].upper()}{name[1:]}:", "", *_by_domain(found))
    yield from ("", "People's pictures called likely AI, by what it took them for, owners left out, matched views:", "")
    yield from _records(told["records"])
    if strangers := told.get("unfamiliar"):
        found = ", ".join(f"{name} {share:.0%}" for name, share in strangers["made"].items())
        yield from ("", f"Made pictures that it finds unlike all that it was measured on: {found}.")


def _first_and_last(measured: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Owners left out, and the whole pictures that stand for what is new; card.json has the others."""
    sets = list(measured.items())
    yield from (sets[:1] if len(sets) < 2 else (sets[0], sets[-1]))


def _by_domain(found: Mapping[str, Any]) -> Iterator[str]:
    """Rows are what pictures are, columns what they were taken for."""
    columns = [name for name, row in zip(found["names"], zip(*found["counts"], strict=True), strict=True) if any(row)]
    yield f"| | {' | '.join(columns)} | owners | recall | precision |"
    yield "|---" * (len(columns) + 4) + "|"
    for name, row in zip(found["names"], found["counts"], strict=True):
        recall, precision = (found[figure].get(name) for figure in ("recall", "precision"))
        if recall or precision:
            counts = (str(count) for column, count in zip(found["names"], row, strict=True) if column in columns)
            owners = recall["owners"] if recall else 0
            yield f"| **{name}** | {' | '.join(counts)} | {owners} | {_share(recall)} | {_share(precision)} |"


def _records(records: Mapping[str, Any]) -> Iterator[str]:
    lanes = list(records)
    yield f"| taken for | {' | '.join(lanes)} |"
    yield "|---" * (len(lanes) + 1) + "|"
    for name in next(iter(records.values())):
        yield f"| {name} | {' | '.join(_record(records[lane][name]) for lane in lanes)} |"


def _record(found: Mapping[str, Any]) -> str:
    if not found["images"]:
        return "–"
    low, high = found["interval"]
    return f"{found['called_ai']} of {found['images']:,}, {found['owners']} owners ({low:.1%} to {high:.1%})"


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
    if found is None or (isinstance(found, Mapping) and found["value"] is None):
        return "–"
    shown = "{:.1%}" if percent else "{:.3f}"
    if not isinstance(found, Mapping):
        return shown.format(found)
    value = shown.format(found["value"])
    if found.get("low") is None:
        return value
    return f"{value} ({shown.format(found['low'])} to {shown.format(found['high'])})"
