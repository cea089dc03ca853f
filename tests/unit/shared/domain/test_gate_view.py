from dataclasses import replace

from services.retrainer.gate import CaseResult, judge
from shared.domain.gate_view import HEADS, headline, markdown, rows
from tests.unit.services.retrainer.gate.made import noised, report

CHAMPION = report(cases=(CaseResult(id="case|1", expected=0, probability=0.5),))


def test_a_refusal_names_the_rules_that_failed_and_their_numbers():
    broken = replace(CHAMPION.cases[0], probability=0.9)
    judgement = judge(replace(noised(CHAMPION, 3.0), cases=(broken,)), CHAMPION, CHAMPION, guard_uses=20)
    text = markdown(judgement)
    assert text.startswith("Candidate 1.1.0 against the champion 1.0.0 and the shipped version 1.0.0: refused by ")
    for ruling in judgement.failed:
        assert ruling.name in headline(judgement)
        assert f"- `{ruling.name}`: {ruling.detail}" in text
    assert "guard_worn" not in headline(judgement)
    assert f"- `guard_worn`: {judgement.rulings[-1].detail}" in text


def test_every_row_of_the_table_has_as_many_cells_as_the_head_whatever_a_name_holds():
    broken = replace(CHAMPION.cases[0], probability=0.9)
    judgement = judge(replace(CHAMPION, cases=(broken,)), CHAMPION, CHAMPION)
    table = [line for line in markdown(judgement).splitlines() if line.startswith("|")]
    assert len(table) == 2 + len(judgement.rulings)
    assert {line.count("|") for line in table} == {len(HEADS) + 1}
    assert table[2].startswith("| regression_cases | case/1 | 1 |")


def test_failed_rulings_stand_first_and_notices_are_called_so():
    found = rows(judge(noised(CHAMPION, 3.0), CHAMPION, CHAMPION, guard_uses=20))
    words = [row[-1] for row in found]
    first_passed = next(place for place, word in enumerate(words) if word.startswith("passed"))
    assert set(words[:first_passed]) == {"refused", "notice"}
    assert all(word.startswith("passed") for word in words[first_passed:])


def test_one_that_passed_has_nothing_to_explain():
    judgement = judge(CHAMPION, CHAMPION, CHAMPION)
    assert headline(judgement).endswith("shipped version 1.0.0: passed.")
    assert "- `" not in markdown(judgement)
    assert ("false_accusations_of_kind", "portrait") in {row[:2] for row in rows(judgement)}
