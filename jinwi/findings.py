"""What a file says of its own origin, in sentences, for `jinwi verify --evidence full`."""

import json
from collections.abc import Iterator
from typing import Any

from jinwi.language import Language
from jinwi.results import Finding, Result

# Said in sentences where the language has one for the value.
_FACTS = ("integrity", "signer", "revocation", "consistency")


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
    yield f"  {language.strengths[finding.strength]}"
    for name, value in finding.details.items():
        if name in _FACTS and (sentence := language.facts.get(f"{name}:{value}")):
            yield f"  {sentence}"
        elif name == "contradictions" and isinstance(value, list):
            yield from (f"  {language.facts.get(f'contradiction:{each}', each)}" for each in value)
        else:
            yield f"  {language.details.get(name, name)}: {_shown(value)}"


def _shown(value: Any) -> str:
    """In one line: what a file says must not look like what we say."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return " ".join(text.split())
