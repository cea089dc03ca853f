"""What a file says of its own origin, in sentences, for `jinwi verify --evidence full`."""

from collections.abc import Iterator

from jinwi.results.evidence import Finding
from jinwi.results.jobs import Result
from jinwi.texts.language import Language
from shared.domain.details import one_line, rows, sentences


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
    texts, details = language.finding, finding.details
    yield f"{texts.kinds[finding.kind]} ({finding.where}): {texts.claims[finding.claim]}"
    broken = details.get("integrity") == "broken"
    yield f"  {texts.facts['unsigned:broken'] if broken else texts.strengths[finding.strength]}"
    yield from (f"  {sentence}" for sentence in sentences(details, texts))
    yield from (f"  {name}: {one_line(value)}" for name, value in rows(details, texts))
