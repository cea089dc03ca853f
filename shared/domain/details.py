"""What the details of a finding say to a person: by the same rules on the pages, in the terminal and on paper.

The page at `/` has these rules once more, in its own language (`inWords`); a test holds one against the other.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from shared.domain.finding_texts import FindingTexts

Details = Mapping[str, Any]

NOTHING = "–"

# Said in sentences where there is one for the value.
_FACTS = ("integrity", "signer", "revocation", "consistency", "generator")
_TIMES = ("when", "signed_at")

# RFC 3339, as C2PA writes times; a fraction of a second tells a person nothing.
_TIME = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})T([0-9]{2}:[0-9]{2}:[0-9]{2})(?:\.[0-9]+)?(Z|[+-][0-9]{2}:[0-9]{2})")


def sentences(details: Details, texts: FindingTexts) -> Iterator[str]:
    """What is said in whole sentences; a signer means another thing where the signature does not fit."""
    broken = details.get("integrity") == "broken"
    codes = [f"{name}:{details[name]}" for name in details if name in _FACTS]
    codes += [_contradiction(each) for each in _contradictions(details)]
    for code in codes:
        if code in texts.facts:
            yield texts.facts.get(f"{code}:broken", texts.facts[code]) if broken else texts.facts[code]


def rows(details: Details, texts: FindingTexts) -> Iterator[tuple[str, str]]:
    """Name and value of everything that no sentence says. A value that is one text keeps its lines, others have one."""
    for name, value in details.items():
        if name == "contradictions" and isinstance(value, list):
            if unknown := [each for each in value if _contradiction(each) not in texts.facts]:
                yield _label(name, texts), _in_words(name, unknown, texts)
        elif name not in _FACTS or f"{name}:{value}" not in texts.facts:
            yield _label(name, texts), _in_words(name, value, texts)


def _contradictions(details: Details) -> list[Any]:
    given = details.get("contradictions")
    return given if isinstance(given, list) else []


def _contradiction(code: Any) -> str:
    return f"contradiction:{code}"


def _label(name: str, texts: FindingTexts) -> str:
    return texts.details.get(name, one_line(name))


def one_line(text: str) -> str:
    """What a file says must not look like a line of ours."""
    return " ".join(text.split())


def _in_words(name: str, value: Any, texts: FindingTexts, *, inside: bool = False) -> str:
    """A value of the member `name`; `inside` another one, several things stand in brackets."""
    words = texts.words
    match value:
        case str():
            text = _text(name, value, texts)
            return one_line(text) if inside else text
        case None:
            return NOTHING
        case bool():
            return words.yes if value else words.no
        case list():
            composed = _COMPOSED.get(name, _in_words_inside)
            said, between = [composed(name, each, texts) for each in value], words.then if name == "actions" else "; "
        case Mapping():
            said, between = [_member(each, value[each], texts) for each in value], ", "
        case _:
            return json.dumps(value)
    text = between.join(said) or NOTHING
    return f"({text})" if inside and len(said) > 1 else text


def _in_words_inside(name: str, value: Any, texts: FindingTexts) -> str:
    return _in_words(name, value, texts, inside=True)


def _member(name: str, value: Any, texts: FindingTexts) -> str:
    return f"{_label(name, texts)}: {_in_words_inside(name, value, texts)}"


def _text(name: str, text: str, texts: FindingTexts) -> str:
    """In words where it is a code of the member `name`, or a time."""
    if (known := texts.words.codes.get(name, {}).get(text)) is not None:
        return texts.words.coded.format(words=known, code=text) if name == "problems" else known
    if name in _TIMES and (time := _TIME.fullmatch(text)):
        day, clock, zone = time.groups()
        return f"{day} {clock} {'UTC' if zone in {'Z', '+00:00'} else zone}"
    return text


def _action(name: str, action: Any, texts: FindingTexts) -> str:
    """What was done, from what source, by which program and when."""
    if not isinstance(action, dict) or action.get("action") is None:
        return _in_words_inside(name, action, texts)
    words = texts.words
    said = _in_words_inside("action", action["action"], texts)
    if (source := action.get("digital_source_type")) is not None:
        said += words.source.format(source=_in_words_inside("digital_source_type", source, texts))
    if (agent := action.get("software")) is not None:
        said += words.agent.format(agent=_in_words_inside("software", agent, texts))
    if (at := action.get("when")) is not None:
        said += words.at.format(at=_in_words_inside("when", at, texts))
    return said + _others(action, {"action", "digital_source_type", "software", "when"}, texts)


def _ingredient(name: str, ingredient: Any, texts: FindingTexts) -> str:
    """What it is called and how it was used."""
    if not isinstance(ingredient, dict):
        return _in_words_inside(name, ingredient, texts)
    title, relationship = ingredient.get("title"), ingredient.get("relationship")
    said = texts.words.untitled if title is None else _in_words_inside("title", title, texts)
    if relationship is not None:
        used = _in_words_inside("relationship", relationship, texts)
        said = texts.words.ingredient.format(title=said, relationship=used)
    return said + _others(ingredient, {"title", "relationship"}, texts)


def _others(value: Details, said: set[str], texts: FindingTexts) -> str:
    return "".join(f", {_member(name, value[name], texts)}" for name in value if name not in said)


_COMPOSED: Mapping[str, Callable[[str, Any, FindingTexts], str]] = {"actions": _action, "ingredients": _ingredient}
