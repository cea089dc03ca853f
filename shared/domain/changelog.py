"""What became of each version and each refused candidate, as one document for people: Markdown.

An entry is the JSON object that `shared.storage.changelog.entries` gives and the API shows.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

Entry = Mapping[str, Any]
Words = Mapping[str, str]

ENGLISH: Words = {
    "title": "Changelog of versions",
    "nothing": "No version is registered yet.",
    "heading": "{version} · {name} · {date}",
    "refused": "{version} · refused · {date}",
    "removed": "{version} · {name} · {date} · removed",
    "unnumbered": "a candidate",
    "shipped": "Shipped with this distribution.",
    "imported": "Imported by {by}.",
    "trained": "Trained here: mode {mode}, from {parent}, run {run}.",
    "signed": "Signed by the key {key}.",
    "unsigned": "Unsigned.",
    "nobody": "an unnamed key",
    "harvest": "Harvest: {considered:,} considered, {admitted:,} admitted.",
    "harvest_refused": "Refused: {reasons}.",
    "snapshot": "Trained on: {samples}.",
    "gate_passed": "The gate let it through.",
    "gate_refused": "The gate refused it.",
    "passed": "passed",
    "failed": "FAILED",
    "notice": "notice",
    "unjudged": "not judged",
    "interval": "{value} ({low} to {high})",
    "limit": "limit {limit}",
    "moves": "On the way",
    "moved": "{date}: {before} → {after}, by {by}",
    "itself": "itself",
}

_SPECIAL = re.compile(r"([\\`*_\[\]<>#|~])")
_SIGNIFICANT = 4


def markdown(entries: Iterable[Entry], words: Words = ENGLISH) -> str:
    """The newest first, a section each; texts of others stand in it as text, whatever marks they hold."""
    sections = [_section(entry, words) for entry in entries]
    return "\n\n".join([f"# {words['title']}", *(sections or [words["nothing"]])]) + "\n"


def _section(entry: Entry, words: Words) -> str:
    version = entry["version"] or words["unnumbered"]
    kind = "heading" if entry["status"] == "published" else entry["status"]
    heading = words[kind].format(version=version, name=_text(entry["name"]), date=_date(entry["at"]))
    blocks = [f"## {heading}", *_about(entry, words)]
    if gate := entry["gate"]:
        rulings = [f"- {_ruling(ruling, words)}" for ruling in gate["rulings"]]
        blocks.append("\n".join([words["gate_passed" if gate["passed"] else "gate_refused"], "", *rulings]))
    if entry["moves"]:
        moves = [f"- {_move(move, words)}" for move in entry["moves"]]
        blocks.append("\n".join([f"{words['moves']}:", "", *moves]))
    return "\n\n".join(blocks)


def _about(entry: Entry, words: Words) -> Iterator[str]:
    """How it was made, in paragraphs."""
    if entry["description"]:
        yield _text(entry["description"])
    made, origin = entry["run"], entry["origin"]
    if made:
        parent = _text(made["parent"] or "–")
        yield words["trained"].format(mode=_text(made["mode"] or "–"), parent=parent, run=made["id"])
        yield from _samples(made, words)
        if entry["status"] != "refused" and not entry["moves"] and made.get("detail"):
            yield _text(made["detail"])  # why it never went on its way
    elif origin == "imported":
        yield words["imported"].format(by=_text(entry["imported_by"] or words["nobody"]))
    elif origin == "shipped":
        yield words["shipped"]
    if entry["status"] != "refused":
        signed = entry["signed_by"]
        yield words["signed"].format(key=signed) if signed else words["unsigned"]


def _samples(made: Mapping[str, Any], words: Words) -> Iterator[str]:
    if harvest := made["harvest"]:
        said = words["harvest"].format(considered=harvest["considered"], admitted=harvest["admitted"])
        if harvest["refused"]:
            reasons = ", ".join(f"{_text(reason)} {count:,}" for reason, count in harvest["refused"].items())
            said += " " + words["harvest_refused"].format(reasons=reasons)
        yield said
    counts = {name: value for name, value in (made["snapshot"] or {}).items() if isinstance(value, int)}
    if counts:
        yield words["snapshot"].format(samples=", ".join(f"{_text(name)} {n:,}" for name, n in counts.items()))


def _ruling(ruling: Mapping[str, Any], words: Words) -> str:
    weight = "notice" if ruling.get("weight") == "notice" else "failed"
    parts = [words["passed" if ruling["passed"] else weight]]
    if not ruling.get("judged", True):
        parts.append(words["unjudged"])
    if ruling.get("value") is not None:
        parts.append(_value(ruling, words))
    if ruling.get("limit") is not None:
        parts.append(words["limit"].format(limit=_number(ruling["limit"])))
    detail = f". {_text(ruling['detail'])}" if ruling.get("detail") else ""
    return f"**{_text(ruling['name'])}**: {', '.join(parts)}{detail}"


def _value(ruling: Mapping[str, Any], words: Words) -> str:
    value, low, high = (ruling.get(name) for name in ("value", "low", "high"))
    if low is None and high is None:
        return _number(value)
    return words["interval"].format(value=_number(value), low=_number(low), high=_number(high))


def _move(move: Mapping[str, Any], words: Words) -> str:
    text = words["moved"].format(
        date=_date(move["at"]),
        before=_text(move["before"] or "–"),
        after=_text(move["after"]),
        by=_text(move["by"] or words["itself"]),
    )
    numbers: Sequence[str] = [f"{_text(name)} {_number(value)}" for name, value in (move["numbers"] or {}).items()]
    return ": ".join([text, *([_text(move["why"])] if move["why"] else [])]) + (
        f" ({', '.join(numbers)})" if numbers else ""
    )


def _number(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.{_SIGNIFICANT}g}"
    return "–" if value is None else _text(value)


def _date(at: Any) -> str:
    return str(at)[:10]


def _text(said: Any) -> str:
    """On one line, with what Markdown or HTML would read as a mark made harmless."""
    return _SPECIAL.sub(r"\\\1", " ".join(str(said).split()))
