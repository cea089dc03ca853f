"""Whoever reads Korean is told why in Korean, and in the same words on the page and in a terminal."""

import re
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path

import pytest

from jinwi.results.jobs import Verdict
from jinwi.texts.english import ENGLISH
from jinwi.texts.korean import KOREAN
from services.api.pages.languages import LANGUAGES
from services.api.pages.texts import Texts
from shared.domain.domain_texts import DomainTexts
from shared.domain.domains import UNFAMILIAR, Domain, DomainView, Record
from shared.domain.job import REASONS
from shared.domain.provenance import EDITED_WITH_AI
from shared.domain.verdict import BLANK, Thresholds

WEB = Path(__file__).parents[2] / "services/api/web"
STRINGS = {
    code: (WEB / f"{name}.js").read_text(encoding="utf-8") for code, name in (("en", "english"), ("ko", "korean"))
}
OF_PEOPLE = {code: {texts.verdicts[said] for said in ("human", "ai", "disputed")} for code, texts in LANGUAGES.items()}
OF_KINDS = {
    reason.code
    for images in (29, 30)
    for reason in DomainView(
        domain=Domain.OTHER,
        probability=1,
        record=Record(images=images, owners=2, called_ai=images, low=0.5, high=1),
    ).reasons(1, Thresholds())
}


def known_to_the_page() -> dict[str, str]:
    known = re.search(r"known: \{\n(.*?)^ {2}\},\n", STRINGS["ko"], re.DOTALL | re.MULTILINE)
    return dict(re.findall(r'^ {4}(\w+): "(.*)",$', known[1], re.MULTILINE))


def test_the_page_and_the_command_line_have_each_reason_of_a_job_in_korean():
    assert set(REASONS) <= set(KOREAN.known)
    assert known_to_the_page() == KOREAN.known
    assert LANGUAGES["ko"].known is KOREAN.known
    assert {EDITED_WITH_AI.code, BLANK.code, UNFAMILIAR.code, *OF_KINDS} <= set(KOREAN.known)


@pytest.mark.parametrize("language", [ENGLISH, KOREAN], ids=lambda language: language.code)
def test_the_page_and_the_command_line_say_the_same_of_a_finding(language):
    said = language.finding
    sentences = [*said.claims.values(), *said.strengths.values(), *said.kinds.values()]
    sentences += [*said.facts.values(), *said.details.values()]
    sentences += [text for table in said.words.codes.values() for text in table.values()]
    assert [sentence for sentence in sentences if f'"{sentence}"' not in STRINGS[language.code]] == []
    assert LANGUAGES[language.code].finding is said


@pytest.mark.parametrize("language", [ENGLISH, KOREAN], ids=lambda language: language.code)
def test_the_page_says_of_a_kind_what_the_command_line_says(language):
    said = [getattr(language.domain, field.name) for field in fields(DomainTexts) if field.name != "names"]
    sentences = [sentence for one in said for sentence in (one.values() if isinstance(one, Mapping) else [one])]
    assert [sentence for sentence in sentences if sentence not in STRINGS[language.code]] == []
    assert LANGUAGES[language.code].domain is language.domain


@pytest.mark.parametrize("language", [ENGLISH, KOREAN], ids=lambda language: language.code)
def test_the_page_of_a_result_says_the_same_as_the_page_and_the_command_line(language):
    texts = LANGUAGES[language.code]
    page = STRINGS[language.code]
    for text in (*texts.verdicts.values(), *texts.zones.values(), texts.ai_share, texts.human_share, texts.settled):
        if text not in OF_PEOPLE[language.code]:
            assert text in page, text


@pytest.mark.parametrize("name", sorted({field.name for field in fields(Texts)} - {"known"}))
def test_each_text_of_the_page_of_a_result_has_the_same_gaps_in_both_languages(name):
    english, korean = (getattr(texts, name) for texts in LANGUAGES.values())
    assert gaps(english) == gaps(korean)


def gaps(text) -> object:
    """The names to fill in, of a text or of each in a table of them."""
    if isinstance(text, Mapping):
        return {code: gaps(each) for code, each in text.items()}
    if isinstance(text, tuple):
        return len(text)
    return set(re.findall(r"\{(\w+)\}", text)) if isinstance(text, str) else None


@pytest.mark.parametrize("language", [ENGLISH, KOREAN], ids=lambda language: language.code)
def test_the_page_and_the_command_line_call_the_middle_verdict_the_same(language):
    zones = re.search(r'zones: \{ .*?uncertain: "(.*?)"', STRINGS[language.code])
    assert zones[1] == language.verdicts[Verdict.UNCERTAIN]
