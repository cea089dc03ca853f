"""On the page of a result: how often the model wrongs people, with pictures of this kind where that was measured."""

from collections.abc import Mapping
from typing import Any

from services.api.pages.markup import Child, Markup, tag
from services.api.pages.view import View, percent, share
from shared.domain.domain_texts import DomainTexts, is_measured, sentences

WIDTHS = (0.2, 0.5, 1.0)
"""Where the drawing ends: a share of 5 % is to be seen, and one of 60 % too."""


def record_section(view: View) -> Markup:
    """The record of the picture's kind; the model's whole one where there is none."""
    texts, result = view.texts, view.result
    assert result is not None
    found = result["evidence"].get("domain")
    measured = bool(found and is_measured(found["record"]))
    return tag(
        "section",
        tag("h2", texts.record),
        _of_kind(texts.domain, found) if found else None,
        None if measured else tag("p", _overall(view)),
        class_="record",
    )


def _of_kind(texts: DomainTexts, found: Mapping[str, Any]) -> list[Child]:
    record = found["record"]
    said: list[Child] = [tag("p", " ".join(sentences(found, texts, share)))]
    if is_measured(record):
        said += [
            _chart(texts, record, found["cap"]),
            tag("p", texts.source.format(owners=f"{record['owners']:,}"), class_="soft small"),
        ]
    return said


def _overall(view: View) -> str:
    """As the card says it."""
    texts, result, rate = view.texts, view.result, view.card.get("false_accusation_rate")
    assert result is not None
    if not rate:
        return texts.no_record
    value, low, high = (share(rate[name]) for name in ("value", "low", "high"))
    said = texts.record_value.format(n=f"{rate['n']:,}", rate=value, low=low, high=high)
    elsewhere = view.card.get("thresholds") != result["thresholds"]
    return f"{said} {texts.record_elsewhere}" if elsewhere else said


def _chart(texts: DomainTexts, record: Mapping[str, Any], cap: float) -> Markup:
    """The share as a bar, its interval as a whisker, and what the policy allows as a line: no style in attributes."""
    rate, (low, high) = record["rate"], record["interval"]
    end = next(width for width in WIDTHS if width >= min(1.0, max(high, cap)))

    def x(at: float) -> str:
        return f"{10 + 380 * min(1.0, at / end):.1f}"

    label = texts.chart.format(rate=share(rate), low=percent(low), high=share(high), cap=share(cap))
    inner = 0.25 < cap / end < 0.85
    anchor = "middle" if inner else "start" if cap < end / 2 else "end"
    ticks = [
        tag("text", share(0), x=x(0), y=61) if inner or anchor == "end" else None,
        tag("text", texts.cap.format(cap=share(cap)), x=x(cap), y=61, text_anchor=anchor, class_="cap"),
        tag("text", share(end), x=x(end), y=61, text_anchor="end") if inner or anchor == "start" else None,
    ]
    return tag(
        "svg",
        tag("rect", x=x(0), y=24, width="380", height=18, class_="track"),
        tag("rect", x=x(0), y=24, width=f"{380 * rate / end:.1f}", height=18, class_="share"),
        tag("path", d=f"M{x(low)} 33H{x(high)}M{x(low)} 28v10M{x(high)} 28v10", class_="interval"),
        tag("path", d=f"M{x(cap)} 18v27", class_="cap"),
        tag("text", share(rate), x=x(rate), y=15, text_anchor="start" if rate / end < 0.06 else "middle", class_="at"),
        ticks,
        viewBox="-4 0 408 66",
        role="img",
        aria_label=label,
        class_="scale chart",
    )
