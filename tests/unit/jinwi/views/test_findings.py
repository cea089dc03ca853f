"""What a file says is shown in both languages, and can neither steer a terminal nor pass for what we say."""

import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.console import Console

from jinwi.inputs.find import Input
from jinwi.inputs.verify import Ended, Tally
from jinwi.results.evidence import Claim, Kind, Strength
from jinwi.results.jobs import Job
from jinwi.terminal import Terminal
from jinwi.texts.english import ENGLISH
from jinwi.texts.korean import KOREAN
from jinwi.views.findings import lines
from jinwi.views.report import ResultTable
from tests.unit.jinwi.conftest import job_document, result_document

FINDING = {
    "kind": "c2pa",
    "claim": "ai",
    "strength": "unsigned",
    "where": "PNG caBX",
    "details": {"integrity": "broken", "signer": "unknown", "revocation": "not_checked", "common_name": "Somebody"},
}


def ended(*findings, complete=True, basis="model"):
    evidence = {"provenance": list(findings), "provenance_complete": complete}
    document = job_document("7", result={**result_document(0.5, "uncertain"), "basis": basis, "evidence": evidence})
    return Ended(input=Input(number=0, name="a.png", path=None), job=Job.from_document(document))


def shown(one, language=ENGLISH, *, findings=True):
    screen = io.StringIO()
    out = Console(file=screen, width=200, markup=False, emoji=False, highlight=False)
    tally = Tally()
    tally.add(one)
    said = (lambda job, language: lines(job.result, language)) if findings else None
    table = ResultTable(terminal=Terminal(language=language, out=out, err=out), tally=tally, evidence=said)
    table.add(one)
    table.show()
    return screen.getvalue()


@pytest.mark.parametrize("language", [ENGLISH, KOREAN], ids=["en", "ko"])
def test_a_finding_is_said_with_its_strength_and_its_facts_apart(language):
    text = shown(ended(FINDING), language)
    for sentence in (
        language.finding.kinds[Kind.C2PA],
        language.finding.claims[Claim.AI],
        language.finding.facts["unsigned:broken"],
        language.finding.facts["integrity:broken"],
        language.finding.facts["signer:unknown"],
        language.finding.facts["revocation:not_checked"],
        "Somebody",
    ):
        assert sentence in text


@pytest.mark.parametrize("language", [ENGLISH, KOREAN], ids=["en", "ko"])
def test_a_listed_signer_vouches_for_a_file_that_its_signature_fits_and_for_no_other(language):
    signed = {**FINDING["details"], "signer": "trusted"}
    broken = shown(ended({**FINDING, "details": signed}), language)
    whole = shown(
        ended({**FINDING, "strength": "signed_trusted", "details": {**signed, "integrity": "intact"}}), language
    )
    assert language.finding.facts["signer:trusted"] in whole
    assert language.finding.strengths[Strength.SIGNED_TRUSTED] in whole
    assert language.finding.facts["signer:trusted"] not in broken
    assert language.finding.facts["signer:trusted:broken"] in broken


def test_what_was_done_is_listed_in_words():
    actions = [{"action": "c2pa.created", "software": "GPT-4o"}, {"action": "c2pa.cropped", "when": ["a", 1, None]}]
    text = shown(ended({**FINDING, "details": {"actions": actions, "seed": 7}}))
    assert "Actions: created by GPT-4o; then cropped, (a; 1; –)\n" in text
    assert "Seed: 7\n" in text


@pytest.mark.parametrize("language", [ENGLISH, KOREAN], ids=["en", "ko"])
def test_that_a_file_says_nothing_is_said_to_say_nothing(language):
    assert language.nothing_said in shown(ended(), language)
    assert language.cut_short not in shown(ended(), language)
    assert language.cut_short in shown(ended(complete=False), language)
    assert [*lines(ended(complete=None).job.result, language)] == [language.not_read]


def test_findings_are_shown_where_they_are_asked_for():
    assert "Somebody" not in shown(ended(FINDING), findings=False)


def test_a_verdict_that_rests_on_a_signature_says_so_and_expects_no_rate():
    one = ended(basis="provenance")
    assert ENGLISH.settled in shown(one)
    tally = Tally()
    tally.add(one)
    assert (tally.judged, tally.held) == (0, 0)


@settings(deadline=None)
@given(name=st.text(min_size=1, max_size=40), value=st.text(max_size=200))
def test_no_text_of_a_file_steers_the_terminal_or_begins_a_line_of_its_own(name, value):
    plain = shown(ended(FINDING)).count("\n")
    text = shown(ended({**FINDING, "details": {**FINDING["details"], name: value}}))
    assert all(character.isprintable() or character == "\n" for character in text)
    assert text.count("\n") <= plain + 1
