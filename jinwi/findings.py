"""What a file says of its own origin, in sentences, for `jinwi verify --evidence full`."""

import json
from collections.abc import Iterator
from typing import Any

from jinwi.language import Language
from jinwi.results import Finding, Result

# Said in sentences where the language has one for the value.
_FACTS = ("integrity", "signer", "revocation", "consistency", "generator")


def lines(result: Result, language: Language) -> Iterator[str]:
    for finding in result.provenance:
        yield from _said(finding, language)
    if result.provenance_complete is None:
        yield language.not_read
    elif not result.provenance:
        yield language.nothing_said
    if result.provenance_complete is False:
        yield language.cut_short


def _said(finding: Finding, language: Language) -> Iterator[str]:
    yield f"{language.kinds[finding.kind]} ({finding.where}): {language.claims[finding.claim]}"
    broken = finding.details.get("integrity") == "broken"
    yield f"  {language.facts['unsigned:broken'] if broken else language.strengths[finding.strength]}"
    for name, value in finding.details.items():
        if name in _FACTS and (sentence := _fact(f"{name}:{value}", language, broken=broken)):
            yield f"  {sentence}"
        elif name == "contradictions" and isinstance(value, list):
            yield from (f"  {language.facts.get(f'contradiction:{each}', each)}" for each in value)
        else:
            yield f"  {language.details.get(name, name)}: {_shown(value)}"


def _fact(code: str, language: Language, *, broken: bool) -> str | None:
    """A signer means another thing where the signature does not fit."""
    facts = language.facts
    return facts.get(f"{code}:broken", facts.get(code)) if broken else facts.get(code)


def _shown(value: Any) -> str:
    """In one line: what a file says must not look like what we say."""
    if isinstance(value, list):
        return "; ".join(map(_shown, value))
    if isinstance(value, dict):
        return ", ".join(map(_shown, value.values()))
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return " ".join(text.split())
