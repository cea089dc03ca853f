"""Nothing that a file says of itself breaks JSON, a page or a terminal: from its bytes, by the real readers, to the eye."""

import io
import json
from types import SimpleNamespace

import pytest
from hypothesis import HealthCheck, given, settings
from rich.console import Console

from jinwi.inputs.find import Input
from jinwi.inputs.verify import Ended, Tally
from jinwi.results.jobs import Job
from jinwi.terminal import Terminal
from jinwi.texts.english import ENGLISH
from jinwi.texts.korean import KOREAN
from jinwi.views.findings import lines
from jinwi.views.report import JsonLines, ResultTable
from services.api.pages.finding_section import findings_section
from services.api.pages.languages import LANGUAGES
from shared.domain.provenance import DETAIL_CHARACTERS, MOST_FINDINGS, Finding, strongest
from shared.imaging.formats import identify
from shared.provenance.read import ProvenanceReader
from tests.provenance.authority import trusted_signer
from tests.provenance.strategies import CARRIERS, NASTY, SIGNED, files, signed_file, signed_files
from tests.provenance.strategies import MARK as FOREIGN
from tests.provenance.written import Page, unsteered
from tests.unit.jinwi.conftest import job_document, result_document

bounded = settings(derandomize=True, deadline=None, suppress_health_check=list(HealthCheck))


def read(data: bytes) -> tuple[list[Finding], bool]:
    """As the decoder's process sends them and its parent keeps them."""
    parts = list(ProvenanceReader(trusted_signer().root).read(data, identify(data[:256]), 64, 48))
    sent = [json.dumps([one.document() for one in part], ensure_ascii=False).encode() for part, _ in parts]
    kept = [Finding.from_document(document) for part in sent for document in json.loads(part)]
    return list(strongest(kept)), all(complete for _, complete in parts)


def answer(found: list[Finding], *, complete: bool) -> dict:
    """A job as the API answers it."""
    evidence = {"provenance": [one.document() for one in found], "provenance_complete": complete}
    return job_document("7", result={**result_document(0.5, "uncertain"), "basis": "model", "evidence": evidence})


def check(data: bytes) -> None:
    found, complete = read(data)
    assert len(found) <= MOST_FINDINGS
    document = answer(found, complete=complete)
    assert json.loads(json.dumps(document, allow_nan=False)) == document
    assert len(json.dumps(document)) < MOST_FINDINGS * 12 * DETAIL_CHARACTERS
    for texts in LANGUAGES.values():
        section = findings_section(SimpleNamespace(result=document["result"], texts=texts))
        Page(section).holds_as_text_alone(FOREIGN)
    ended = Ended(input=Input(number=0, name="a.png", path=None), job=Job.from_document(document))
    for language in (ENGLISH, KOREAN):
        assert unsteered(printed(ended, language))


def printed(ended: Ended, language) -> str:
    """On a terminal, in colours, which knows of links and titles."""
    screen, tally = io.StringIO(), Tally()
    out = Console(file=screen, width=100, markup=False, emoji=False, highlight=False, color_system=None)
    tally.add(ended)
    terminal = Terminal(language=language, out=out, err=out)
    table = ResultTable(terminal=terminal, tally=tally, evidence=lambda job, language: lines(job.result, language))
    table.add(ended)
    table.show()
    return screen.getvalue()


@settings(bounded, max_examples=150)
@given(file=files)
def test_whatever_stands_in_a_file_is_read_kept_and_shown_as_text(file):
    _, data = file
    check(data)


@settings(bounded, max_examples=30)
@given(file=signed_files)
def test_whatever_a_signer_says_is_read_kept_and_shown_as_text(file):
    _, data = file
    check(data)


@pytest.mark.parametrize("text", NASTY, ids=range(len(NASTY)))
def test_each_known_trick_is_harmless_in_each_place(text):
    for make in CARRIERS.values():
        check(make(FOREIGN + text, {FOREIGN + text: [text]}))


@pytest.mark.parametrize("place", CARRIERS)
def test_what_stands_in_each_place_does_reach_the_eye(place):
    """Or the tests above would look at nothing."""
    found, _ = read(CARRIERS[place](f"{FOREIGN} a fox", f"{FOREIGN} a hen"))
    if place == "PNG tEXt, keyword":  # a keyword that nobody knows says nothing
        assert found == []
        return
    assert FOREIGN in json.dumps([one.details for one in found]), found
    texts = LANGUAGES["en"]
    page = Page(findings_section(SimpleNamespace(result=answer(found, complete=True)["result"], texts=texts)))
    assert FOREIGN in page.text


def test_what_a_signer_says_does_reach_the_eye():
    found, _ = read(signed_file(f"{FOREIGN} <b>", [f"{FOREIGN} \x1b[2J"]))
    said = json.dumps([one.details for one in found])
    assert said.count(FOREIGN) >= 4, said
    assert SIGNED.partition(" ")[0] in found[0].where
    assert "\\u001b" not in said


@bounded
@given(file=files)
def test_a_line_of_json_is_one_line_that_every_reader_takes(capsys, file):
    found, complete = read(file[1])
    ended = Ended(
        input=Input(number=0, name="a.png", path=None), job=Job.from_document(answer(found, complete=complete))
    )
    JsonLines().add(ended)
    line = capsys.readouterr().out
    assert line.isascii()
    assert line.count("\n") == 1
    assert line[:-1].isprintable()
    assert json.loads(line)["result"]["evidence"]["provenance"] == [one.document() for one in found]
