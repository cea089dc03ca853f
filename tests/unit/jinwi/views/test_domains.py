"""What the model takes pictures for, and its record there, in a terminal."""

import io

import pytest
from rich.console import Console

from jinwi.inputs.find import Input
from jinwi.inputs.verify import Ended, Tally
from jinwi.results.jobs import Job
from jinwi.terminal import Terminal
from jinwi.texts.english import ENGLISH
from jinwi.texts.korean import KOREAN
from jinwi.views import domains
from jinwi.views.report import ResultTable, Words
from tests.unit.jinwi.conftest import job_document, result_document

RECORD = {"images": 140, "owners": 12, "called_ai": 8, "rate": 0.0571, "interval": [0.0293, 0.1086]}
FOUND = {"name": "illustration", "probability": 0.8123, "familiar": True, "record": RECORD, "cap": 0.1}
SENTENCES = (
    "The model takes this for an illustration. "
    "Of 140 such pictures by people it called 5.7 % AI (95 % interval 2.9 to 10.9 %)."
)


def job(found=FOUND):
    result = {**result_document(0.51, "uncertain"), "evidence": {"domain": found}}
    return Job.from_document(job_document("7", result=result))


def ended(found=FOUND, number=0):
    return Ended(input=Input(number=number, name=f"{number}.jpg", path=None), job=job(found))


def test_why_a_kind_holds_a_verdict_back_is_said_with_its_figures_in_both_languages():
    held = {"code": "domain_record", "detail": "Of 140 such pictures by people it called 5.7 % AI: more than 3 %."}
    result = {**result_document(0.9, "uncertain", held), "evidence": {"domain": {**FOUND, "cap": 0.03}}}
    one = Ended(input=Input(number=0, name="a.jpg", path=None), job=Job.from_document(job_document("7", result=result)))
    assert Words.of(one, ENGLISH).why == held["detail"]
    assert Words.of(one, KOREAN).why == (
        "모델은 이 그림을 일러스트로 봅니다. 이런 종류의 사람 작품 140점 가운데 5.7 %를 AI로 보인다고 했는데, 정책이 "
        "허용하는 3 %보다 많아 판정을 보류합니다."
    )


@pytest.fixture
def screen():
    return io.StringIO()


@pytest.fixture
def table(screen):
    out = Console(file=screen, width=160, markup=False, emoji=False, highlight=False)
    return ResultTable(terminal=Terminal(language=ENGLISH, out=out, err=out), tally=Tally())


def test_the_kind_is_said_in_a_few_words_and_in_sentences():
    assert domains.kind(job(), ENGLISH) == "illustration"
    assert domains.kind(job(), KOREAN) == "일러스트"
    assert domains.kind(job({**FOUND, "name": "other"}), ENGLISH) == "no telling"
    assert list(domains.lines(job(), ENGLISH)) == [SENTENCES]


def test_nothing_is_said_where_the_model_says_nothing():
    assert (domains.kind(job(None), ENGLISH), list(domains.lines(job(None), ENGLISH))) == ("", [])
    failed = Job.from_document(job_document("7", state="failed"))
    assert (domains.kind(failed, ENGLISH), domains.record(failed, ENGLISH)) == ("", "")


def test_the_table_has_the_kinds_and_below_it_each_record_once(table, screen):
    for number in range(3):
        table.add(ended(number=number))
    table.add(ended({**FOUND, "name": "render", "record": {**RECORD, "images": 5}}, 3))
    table.show()
    lines = screen.getvalue().splitlines()
    assert "Looks like" in lines[0]
    assert "illustration" in lines[2]
    assert [line for line in lines if line.startswith(("illustration:", "3D render:"))] == [
        "illustration: Of 140 such pictures by people it called 5.7 % AI (95 % interval 2.9 to 10.9 %).",
        "3D render: How often it calls such pictures by people AI is not known: it was measured on too few of them (5).",
    ]


def test_a_table_of_a_model_without_kinds_has_no_column_for_them(table, screen):
    table.add(ended(None))
    table.show()
    assert "Looks like" not in screen.getvalue()
