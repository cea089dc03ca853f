import csv
import io
from pathlib import Path

import pytest
from rich.console import Console

from jinwi.inputs.find import Input
from jinwi.inputs.verify import Ended, Tally
from jinwi.results.jobs import Job
from jinwi.results.models import Model
from jinwi.terminal import Terminal, printable
from jinwi.texts.english import ENGLISH
from jinwi.texts.korean import KOREAN
from jinwi.views.report import TABLE_ROWS, ResultTable, Words, csv_file, expectation, summary
from tests.unit.jinwi.conftest import job_document, result_document

OUT_OF_RANGE = {"code": "out_of_range", "detail": "Measured on 32 px."}


def ended(name="a.jpg", number=0, **changed):
    job = Job.from_document(job_document("7", **changed))
    return Ended(input=Input(number=number, name=name, path=None), job=job)


def refused(name="b.jpg", number=1):
    problem = {"title": "Too large", "detail": "At most 25 MB."}
    return Ended(input=Input(number=number, name=name, path=None), problem=problem)


def tally_of(*all_ended):
    tally = Tally()
    for each in all_ended:
        tally.add(each)
    return tally


@pytest.fixture
def screen():
    return io.StringIO()


@pytest.fixture
def terminal(screen):
    out = Console(file=screen, width=200, markup=False, emoji=False, highlight=False)
    return Terminal(language=ENGLISH, out=out, err=out)


@pytest.mark.parametrize(
    ("one", "words"),
    [
        (
            ended(result=result_document(0.514, "uncertain", OUT_OF_RANGE)),
            Words(ai="51 %", human="49 %", verdict="uncertain", why="Measured on 32 px."),
        ),
        (ended(state="failed"), Words(ai="–", human="–", verdict="failed", why="The file is cut off.")),
        (ended(state="erased"), Words(ai="–", human="–", verdict="erased", why="")),
        (refused(), Words(ai="–", human="–", verdict="refused", why="At most 25 MB.")),
    ],
)
def test_every_ending_has_its_words(one, words):
    assert Words.of(one, ENGLISH) == words


def test_the_words_are_korean_for_a_korean_reader():
    words = Words.of(ended(result=result_document(0.9, "likely_ai")), KOREAN)
    assert (words.ai, words.verdict) == ("90 %", "AI가 만든 것으로 보임")


def test_the_table_is_in_the_order_of_the_inputs_and_ends_with_counts_and_advisory(terminal, screen):
    first, second = ended("first.jpg", 0), refused("second.jpg", 1)
    table = ResultTable(terminal=terminal, tally=tally_of(second, first))
    table.add(second)
    table.add(first)
    table.show()
    lines = screen.getvalue().splitlines()
    assert [line.split()[0] for line in lines[2:4]] == ["first.jpg", "second.jpg"]
    assert "51 %" in lines[2]
    assert "49 %" in lines[2]
    assert lines[-2].startswith("Images: 2. Likely AI-generated 0, uncertain 1")
    assert lines[-2].endswith("without an answer 1.")
    assert lines[-1] == "Supporting evidence only. A person decides."


def test_a_table_longer_than_anybody_reads_says_how_many_it_leaves_out(terminal, screen):
    tally = Tally()
    table = ResultTable(terminal=terminal, tally=tally)
    for number in range(TABLE_ROWS + 5):
        tally.add(one := ended(f"{number}.jpg", number))
        table.add(one)
    table.show()
    assert f"{TABLE_ROWS - 1}.jpg" in screen.getvalue()
    assert f"{TABLE_ROWS}.jpg" not in screen.getvalue()
    assert "5 more" in screen.getvalue()


def test_a_name_can_neither_steer_the_terminal_nor_style_the_table(terminal, screen):
    name = "\x1b[2J[red]x[/red]\r\u202egpj.\x9b.jpg\n"
    table = ResultTable(terminal=terminal, tally=Tally())
    table.add(ended(name))
    table.show()
    assert r"\x1b[2J[red]x[/red]\r\u202egpj.\x9b.jpg\n" in screen.getvalue()
    assert "\x1b" not in screen.getvalue()


@pytest.mark.parametrize("text", ["사진 1.jpg", "caf\u00e9 (2)", "日本語", "emoji 🐈"])
def test_names_that_people_write_are_shown_as_they_are(text):
    assert printable(text) == text


def test_the_csv_file_holds_every_ending(tmp_path):
    path = tmp_path / "out.csv"
    with csv_file(path) as sink:
        sink.add(ended('with, "quotes".jpg', result=result_document(0.9, "likely_ai", OUT_OF_RANGE)))
        sink.add(ended("broken.jpg", state="failed"))
        sink.add(refused("caf\udce9.jpg"))
    with path.open(newline="", encoding="utf-8", errors="surrogateescape") as file:
        rows = list(csv.DictReader(file))
    assert [row["input"] for row in rows] == ['with, "quotes".jpg', "broken.jpg", "caf\udce9.jpg"]
    assert [row["state"] for row in rows] == ["done", "failed", "refused"]
    assert [row["ai_probability"] for row in rows] == ["0.9", "", ""]
    assert [row["reasons"] for row in rows] == ["out_of_range", "", ""]
    assert [row["error"] for row in rows] == ["", "undecodable: The file is cut off.", "At most 25 MB."]
    assert b"caf\xe9.jpg" in path.read_bytes()


def test_the_counts_are_said_in_one_sentence():
    tally = tally_of(
        ended(result=result_document(0.9, "likely_ai")),
        ended(result=result_document(0.1, "likely_human")),
        ended(),
        refused(),
    )
    assert summary(tally, KOREAN) == (
        "이미지 4개: AI가 만든 것으로 보임 1개, 불확실 1개, 사람이 만든 것으로 보임 1개, 결과 없음 1개."
    )


def model(version="0.1.0", thresholds=(0.2, 0.8), rate=(0.05, 0.01, 0.08)):
    card = {
        "thresholds": dict(zip(("likely_human", "likely_ai"), thresholds, strict=True)),
        "false_accusation_rate": {**dict(zip(("value", "low", "high"), rate, strict=True)), "n": 20000},
    }
    return Model.from_document({"version": version, "aliases": ["champion"], "card": card})


HELD = ended(result=result_document(0.99, "uncertain", OUT_OF_RANGE))


def test_false_accusations_are_expected_among_the_images_that_were_judged():
    text = expectation(tally_of(*[ended()] * 2000, refused(), *[HELD] * 3), model(), ENGLISH)
    assert "the 2,000 images" in text
    assert "about 100 of them (20 to 160)" in text
    assert "20,000 images" in text
    assert text.endswith("3 were held at uncertain and cannot be accused.")


def test_where_all_are_held_none_is_expected_to_be_accused():
    assert expectation(tally_of(HELD), model(), ENGLISH) == "1 were held at uncertain and cannot be accused."


@pytest.mark.parametrize("other", [model("0.2.0"), model(thresholds=(0.1, 0.9))])
def test_a_rate_says_nothing_of_another_version_or_other_thresholds(other):
    text = expectation(tally_of(ended()), other, ENGLISH)
    assert text == ENGLISH.other_basis


def test_images_judged_otherwise_are_left_out_of_the_expectation_and_said():
    document = result_document(0.5, "uncertain")
    otherwise = ended(result={**document, "model": {"version": "0.0.9"}})
    text = expectation(tally_of(*[ended()] * 100, otherwise), model(), ENGLISH)
    assert "the 100 images" in text
    assert text.endswith(ENGLISH.others.format(others=1))


@pytest.mark.parametrize(
    ("rate", "said"),
    [
        ((0.0, 0.0, 0.001), "under 0.1 of them would"),
        ((0.001, 0.0001, 0.4), "under 0.1 of them (under 0.1 to 4.0)"),
        ((0.05, 0.01, 0.4), "about 0.5 of them (0.1 to 4.0)"),
    ],
)
def test_a_small_expectation_is_not_rounded_to_nothing(rate, said):
    assert said in expectation(tally_of(*[ended()] * 10), model(rate=rate), ENGLISH)


def test_without_a_measured_rate_nothing_is_promised():
    bare = Model.from_document({"version": "0.1.0", "aliases": [], "card": {}})
    assert expectation(tally_of(ended()), bare, ENGLISH) == ENGLISH.no_expectation
    assert expectation(tally_of(ended()), None, ENGLISH) == ENGLISH.no_card


def test_an_ending_survives_its_own_json():
    for one in (ended("a.jpg"), ended("a.jpg", state="failed"), refused("a.jpg")):
        assert Ended.from_document(one.input, one.document()) == Ended(
            input=one.input, job=one.job and Job.from_document(one.document()), problem=one.problem
        )
        assert one.document()["input"] == "a.jpg"


def test_a_link_or_a_missing_path_has_its_name_as_key():
    assert ended("https://example.com/a").input.key == "https://example.com/a"
    assert Input(number=0, name="a", path=Path("/x/a")).key == "/x/a"
