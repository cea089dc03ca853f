"""On the page of a result: the appeals against it and what became of them, and the form of a new one."""

from collections.abc import Mapping
from typing import Any

from services.api.pages.markup import Child, Markup, tag
from services.api.pages.texts import Texts
from services.api.pages.view import View, instant, size
from shared.domain.appeal import MESSAGE_LENGTH

CONTACT_LENGTH = 200

ON_PAPER = 2
"""Appeals that are printed, the newest; the sheet is one."""


def appeals_section(view: View) -> Markup:
    texts, more = view.texts, len(view.appeals) - ON_PAPER
    return tag(
        "section",
        tag("h2", texts.appeals if view.appeals else texts.appeal),
        tag("p", texts.sent, role="status", class_="notice") if view.sent else None,
        tag("ul", [_appeal(texts, each) for each in view.appeals], class_="appeals") if view.appeals else None,
        tag("p", texts.more.format(count=more), class_="paper small") if more > 0 else None,
        _form(view) if view.may_appeal else tag("p", texts.no_more_appeals) if view.appeals else None,
        tag("p", texts.appeal_print, class_="paper") if view.may_appeal else None,
        id="appeals",
    )


def _appeal(texts: Texts, appeal: Mapping[str, Any]) -> Markup:
    """Its state and the reviewer's reason; not what it says, for others may have the link too."""
    reason = appeal["outcome_reason"]
    return tag(
        "li",
        tag("span", texts.appealed_at.format(at=instant(appeal["created_at"])), class_="soft small"),
        tag("p", tag("strong", texts.appeal_states[appeal["state"]])),
        tag("p", f"{texts.appeal_reason}: ", tag("span", reason, class_="prose"), class_="reason") if reason else None,
    )


def _form(view: View) -> list[Child]:
    texts = view.texts
    limits = {"file": size(view.file_bytes), "all": size(view.all_bytes)}
    problem = texts.problems[view.problem].format(**limits) if view.problem else None
    return [
        tag("p", texts.appeal_lead, class_="screen"),
        tag(
            "form",
            tag("p", problem, role="alert", id="problem", class_="notice") if problem else None,
            tag("label", texts.message, for_="message"),
            tag(
                "textarea",
                # HTML drops the first line feed of a textarea.
                "\n" + view.draft.get("message", ""),
                id="message",
                name="message",
                rows=6,
                maxlength=MESSAGE_LENGTH,
                required=True,
                aria_describedby="problem" if problem else None,
            ),
            tag("label", texts.contact, for_="contact"),
            tag(
                "input",
                id="contact",
                name="contact",
                maxlength=CONTACT_LENGTH,
                value=view.draft.get("contact") or None,
                autocomplete="email",
                aria_describedby="contact-hint",
            ),
            tag("p", texts.contact_hint, id="contact-hint", class_="soft small"),
            tag("label", texts.files, for_="files"),
            tag("input", id="files", name="files", type="file", multiple=True, aria_describedby="files-hint"),
            tag("p", texts.files_hint.format(**limits), id="files-hint", class_="soft small"),
            tag("button", texts.send),
            method="post",
            enctype="multipart/form-data",
            action=f"{view.base}/appeals?lang={texts.code}",
        ),
    ]
