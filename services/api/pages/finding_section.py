"""On the page of a result: what the file says of its own origin, as text alone."""

from collections.abc import Mapping
from typing import Any

from services.api.pages.markup import Markup, markup, tag
from services.api.pages.texts import Texts
from services.api.pages.view import View
from shared.domain.details import rows, sentences

ON_PAPER = 2
"""Findings that are printed; the sheet is one."""

VALUE_LENGTH = 2000


def findings_section(view: View) -> Markup | None:
    result, texts = view.result, view.texts
    evidence = result["evidence"] if result and "evidence" in result else {}
    if evidence.get("provenance_complete") is None:
        return None
    findings = evidence.get("provenance", ())
    note = [texts.never_scored if findings else texts.no_findings]
    if evidence["provenance_complete"] is False:
        note.append(texts.cut_short)
    more = len(findings) - ON_PAPER
    return tag(
        "section",
        tag("h2", texts.findings),
        tag("ul", [_finding(texts, each) for each in findings], class_="findings") if findings else None,
        tag("p", texts.more.format(count=more), class_="paper small") if more > 0 else None,
        tag("p", " ".join(note), class_="soft small"),
    )


def _finding(texts: Texts, finding: Mapping[str, Any]) -> Markup:
    """What it says, how far it can be trusted, and the rest on demand."""
    said, details = texts.finding, finding["details"]
    broken = details.get("integrity") == "broken"
    told = [(said.details["where"], finding["where"]), *rows(details, said)]
    return tag(
        "li",
        tag("strong", f"{said.kinds[finding['kind']]}. "),
        said.claims[finding["claim"]],
        tag("p", said.facts["unsigned:broken"] if broken else said.strengths[finding["strength"]]),
        [tag("p", sentence, class_="small") for sentence in sentences(details, said)],
        tag(
            "details",
            tag("summary", texts.finding_details),
            tag("dl", [_row(name, value) for name, value in told], class_="facts"),
            class_="small",
        ),
    )


def _row(name: str, value: str) -> Markup:
    shown = value if len(value) <= VALUE_LENGTH else value[:VALUE_LENGTH] + "…"
    return markup(tag("dt", name), tag("dd", shown))
