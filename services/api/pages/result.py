"""The page of a result, for whoever has its link: HTML without a script, which prints on one sheet as a statement."""

import base64
import hashlib
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Any

from services.api.pages.appeal_section import appeals_section
from services.api.pages.finding_section import findings_section
from services.api.pages.markup import Child, Markup, markup, tag
from services.api.pages.record_section import record_section
from services.api.pages.texts import Texts
from services.api.pages.view import PERCENT, View, instant, percent, percents, share
from shared.domain import review
from shared.domain.reason_texts import reason
from shared.domain.statement import answer_hash

# As on the page at `/`; without one a browser asks for /favicon.ico.
ICON = (
    "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 32 32'%3E%3Crect width='32' height='32' "
    "rx='8' fill='%232b4a73'/%3E%3Cpath d='M6 20h20' stroke='%23fff' stroke-width='3' stroke-linecap='round'/%3E"
    "%3Ccircle cx='17' cy='20' r='5' fill='%23e0b65c'/%3E%3C/svg%3E"
)

ZONES = ("likely_human", "uncertain", "likely_ai")


@cache
def style() -> str:
    return resources.files("services.api").joinpath("web/result.css").read_text(encoding="utf-8")


@cache
def content_security_policy() -> str:
    """No script at all, our one style by its hash, our own pictures and icon, and forms that lead back to us."""
    digest = base64.b64encode(hashlib.sha256(style().encode()).digest()).decode()
    return (
        f"default-src 'none'; style-src 'sha256-{digest}'; img-src 'self' data:; base-uri 'none'; form-action 'self'; "
        "frame-ancestors 'none'"
    )


def result_page(view: View) -> str:
    texts, result = view.texts, view.result
    headline = _headline(view)
    switch = tag("a", texts.other, href=f"{view.base}?lang={texts.other_code}", lang=texts.other_code)
    body: list[Child] = [
        tag("header", _brand(), switch),
        tag(
            "main",
            tag("h1", headline),
            _people(view),
            tag("div", _figure(view), tag("div", _answer(view), class_="answer"), class_="top"),
            [_rests_on(view), findings_section(view), record_section(view)] if result else None,
            appeals_section(view),
            _statement(view),
        ),
    ]
    return _document(texts, headline, body)


def notice_page(texts: Texts, status: int) -> str:
    """What stands where no result can be shown."""
    title, advice = texts.gone[status]
    return _document(texts, title, [tag("header", _brand()), tag("main", tag("h1", title), tag("p", advice))])


def _document(texts: Texts, title: str, body: Child) -> str:
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name="robots", content="noindex, nofollow"),
        tag("title", f"{title} · Jinwi 진위"),
        tag("link", rel="icon", href=ICON),
        tag("style", Markup(style())),
    )
    return "<!doctype html>\n" + tag("html", head, tag("body", body), lang=texts.code)


def _brand() -> Markup:
    return tag("p", tag("b", "Jinwi"), " ", tag("span", "진위", lang="ko", class_="soft"), class_="brand")


def _headline(view: View) -> str:
    """The verdict that holds: once people have decided, no title goes on saying the opposite of them."""
    if verdict := review.verdict_by_person(view.job.opinion):
        return view.texts.headline_by_people.format(verdict=view.texts.verdicts[verdict])
    if view.result:
        return view.texts.verdicts[view.result["verdict"]]
    return view.texts.failed if view.job.error else view.texts.unfinished


def _figure(view: View) -> Markup:
    """The picture, and over it the map, which a checkbox shows without a script."""
    texts = view.texts
    picture = tag("img", src=f"{view.base}/image", alt=texts.picture, class_="picture")
    if not view.has_map:
        return tag("figure", tag("div", picture, class_="layers"))
    # The map of a guess would mislead.
    shown = bool(view.result and not view.result["reasons"])
    return tag(
        "figure",
        tag("input", type="checkbox", id="map-on", checked=shown),
        tag("div", picture, tag("img", src=f"{view.base}/map.png", alt=texts.map, class_="map"), class_="layers"),
        tag("label", texts.map_show, for_="map-on", class_="small"),
        tag("p", texts.map_legend, class_="soft small legend"),
    )


def _answer(view: View) -> list[Child]:
    texts, result = view.texts, view.result
    if result is None:
        error = view.job.error
        return [tag("p", _said(texts, error["reason"], error["detail"]) if error else texts.unfinished_text)]
    found = result["evidence"].get("domain")
    settled = result.get("basis") == "provenance"
    reasons = result["reasons"]
    meaning = texts.settled if settled else texts.held if reasons else texts.meanings[result["verdict"]]
    ai, human = percents(result["ai_probability"])
    return [
        tag("p", meaning),
        tag("ul", [tag("li", _said(texts, each["code"], each["detail"], found)) for each in reasons], class_="notes")
        if reasons
        else None,
        tag(
            "dl",
            tag("div", tag("dt", texts.ai_share), tag("dd", ai), class_="ai"),
            tag("div", tag("dt", texts.human_share), tag("dd", human), class_="human"),
            class_="shares held" if reasons else "shares",
        ),
        _scale(view),
        tag("p", tag("strong", texts.advisory)),
    ]


def _said(texts: Texts, code: str, detail: str, found: Mapping[str, Any] | None = None) -> Child:
    """In the reader's language, and below it what the service said, if that is another."""
    told = reason(code, texts.known, found, texts.domain, share)
    return [told, tag("span", detail, lang="en", class_="original soft small")] if told else detail


def _scale(view: View) -> list[Child]:
    """The thresholds and where this image stands, drawn: the page's policy allows no style in attributes."""
    texts, result = view.texts, view.result
    assert result is not None
    low, high = result["thresholds"]["likely_human"], result["thresholds"]["likely_ai"]
    at = result["ai_probability"]
    edges = [0.0, low, high, 1.0]
    bars = [
        tag("rect", x=_x(start), y=30, width=f"{_span(start, end):.1f}", height=16, class_=zone)
        for zone, start, end in zip(ZONES, edges, edges[1:], strict=False)
    ]
    ticks = [tag("text", percent(edge), x=_x(edge), y=62, text_anchor="middle") for edge in _apart(edges)]
    anchor = "start" if at < 0.06 else "end" if at > 0.94 else "middle"
    marks = [
        tag("circle", cx=_x(at), cy=38, r=8, class_="mark"),
        tag("text", percents(at)[0], x=_x(at), y=18, text_anchor=anchor, class_="at"),
    ]
    label = texts.scale.format(low=percent(low), high=percent(high), at=percent(at))
    zones = [
        tag("li", texts.zones[zone], class_=f"{zone} here" if zone == result["verdict"] else zone) for zone in ZONES
    ]
    return [
        tag("svg", bars, ticks, marks, viewBox="-4 0 408 66", role="img", aria_label=label, class_="scale"),
        tag("ul", zones, class_="zones small", aria_hidden="true"),
    ]


def _x(share: float) -> str:
    return f"{10 + 380 * share:.1f}"


def _span(start: float, end: float) -> float:
    return max(0.0, 380 * (end - start) - 2)


def _apart(edges: list[float]) -> list[float]:
    """The ends give way to a threshold that stands too close for both numbers."""
    start, low, high, end = edges
    return [*([start] if low - start > 0.08 else []), low, high, *([end] if end - high > 0.08 else [])]


def _people(view: View) -> Markup | None:
    texts = view.texts
    state = review.review_state(view.job.verdict, view.job.opinion)
    if state is review.ReviewState.NONE:
        return None
    said = review.verdict_by_person(view.job.opinion) or review.Said.DISPUTED
    return tag(
        "section",
        tag("h2", texts.people),
        tag("p", texts.reviewed[state].format(verdict=texts.verdicts[said])),
        class_="people",
    )


def _rests_on(view: View) -> Markup:
    texts, result = view.texts, view.result
    assert result is not None
    thresholds = result["thresholds"]
    low, high = (f"{percent(thresholds[name])}{PERCENT}" for name in ("likely_human", "likely_ai"))
    model = result["model"]
    name = str(view.card.get("name", ""))
    facts: list[tuple[str, Child]] = [
        (texts.thresholds, texts.thresholds_value.format(low=low, high=high)),
        (texts.model, [f"{name} {model['version']}".strip(), " ", tag("code", model["sha256"][:16] + "…")]),
        (texts.basis, texts.bases[result.get("basis", "model")]),
        (texts.decided_at, instant(view.job.finished_at)),
    ]
    return tag("section", tag("h2", texts.rests_on), _facts(facts))


def _statement(view: View) -> Markup:
    texts, result, job = view.texts, view.result, view.job
    facts: list[tuple[str, Child]] = []
    if job.sha256:
        facts.append((texts.image_hash, tag("code", job.sha256.hex())))
    if result:
        file = tag("a", texts.answer_file, href=f"{view.base}/answer.json")
        facts.append((texts.answer_hash, [tag("code", answer_hash(result)), " (", file, ")"]))
    facts += [(texts.address, tag("code", view.address)), (texts.issued_at, instant(view.now))]
    return tag(
        "section",
        tag("h2", texts.statement),
        tag("p", texts.automated) if result else None,
        _facts(facts),
        class_="statement small",
    )


def _facts(facts: list[tuple[str, Child]]) -> Markup:
    return tag("dl", [markup(tag("dt", name), tag("dd", value)) for name, value in facts], class_="facts")
