"""The gate as a whole: who passes, what equal inputs give, and that harm never helps."""

import json
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.retrainer.gate import GUARD_USES, CaseResult, Judgement, judge
from services.retrainer.gate.report import COLUMNS
from tests.unit.services.retrainer.gate.made import failed, moved, named, noised, report, rows_of

CHAMPION = report()


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), gain=st.floats(0.1, 4), draw=st.integers(0, 100))
def test_a_candidate_that_says_what_the_champion_says_passes_whatever_that_is(seed, gain, draw):
    champion = report(owners=24, seed=seed, gain=gain)
    judgement = judge(replace(champion, version="1.1.0"), champion, champion, seed=draw)
    assert judgement.passed
    assert {ruling.value for ruling in judgement.rulings if ruling.name.startswith("partial_auroc")} == {0}


@settings(max_examples=5, deadline=None)
@given(st.randoms(use_true_random=False))
def test_the_order_of_the_rows_does_not_matter(chance):
    order = list(range(len(CHAMPION)))
    chance.shuffle(order)
    candidate = noised(CHAMPION, 0.4)
    straight = judge(candidate, CHAMPION, CHAMPION)
    other = judge(*(rows_of(own, order) for own in (candidate, CHAMPION, CHAMPION)))
    for before, after in zip(straight.rulings, other.rulings, strict=True):
        assert (before.name, before.passed, before.subjects) == (after.name, after.passed, after.subjects)
        for number in ("value", "low", "high"):
            assert getattr(after, number) == pytest.approx(getattr(before, number), abs=2e-6)


@settings(max_examples=8, deadline=None)
@given(seed=st.integers(0, 1000), first=st.floats(0, 3), more=st.floats(0, 3))
def test_accusing_human_pictures_more_never_helps(seed, first, more):
    champion = report(owners=24, seed=seed)
    harmed = [moved(champion, champion.human, by) for by in (first, first + more)]
    less, worse = (judge(candidate, champion, champion) for candidate in harmed)
    assert not worse.passed or less.passed
    for name in ("partial_auroc_champion", "false_accusations_champion"):
        assert not named(worse, name).passed or named(less, name).passed
    assert named(worse, "false_accusations_champion").high >= named(less, "false_accusations_champion").high
    assert named(worse, "partial_auroc_champion").low <= named(less, "partial_auroc_champion").low


def test_equal_seeds_judge_alike_and_others_draw_anew():
    candidate = noised(CHAMPION, 0.5)
    first, again, other = (judge(candidate, CHAMPION, CHAMPION, seed=seed) for seed in (1, 1, 2))
    assert first == again
    assert named(first, "partial_auroc_champion").low != named(other, "partial_auroc_champion").low


def test_a_candidate_that_lost_its_sight_is_refused_by_both_rules_against_both_versions():
    blind = noised(CHAMPION, 3.0)
    assert {
        "partial_auroc_champion",
        "partial_auroc_shipped",
        "false_accusations_champion",
        "false_accusations_shipped",
    } <= failed(judge(blind, CHAMPION, CHAMPION))


def test_small_losses_do_not_add_up_because_the_shipped_version_is_asked_too():
    shipped = report(gain=1.4)
    worn_down = noised(shipped, 1.6, version="1.4.0")
    candidate = replace(worn_down, version="1.5.0")
    assert failed(judge(candidate, worn_down, shipped)) == {"partial_auroc_shipped", "false_accusations_shipped"}


def test_a_better_candidate_passes():
    better = moved(CHAMPION, CHAMPION.ai, 0.5)
    judgement = judge(moved(better, CHAMPION.human, -0.5), CHAMPION, CHAMPION)
    assert judgement.passed
    assert named(judgement, "partial_auroc_champion").value > 0.02
    assert named(judgement, "false_accusations_champion").value < 0


def test_a_judgement_survives_json_and_carries_no_number_that_json_lacks():
    candidate = replace(noised(CHAMPION, 1.0), cases=(CaseResult(id="case-1", expected=0, probability=0.99),))
    champion = replace(CHAMPION, cases=(CaseResult(id="case-1", expected=0, probability=0.1),))
    judgement = judge(candidate, champion, champion, guard_uses=3)
    text = json.dumps(judgement.document(), allow_nan=False)
    assert Judgement.from_document(json.loads(text)) == judgement
    assert json.loads(text)["passed"] is False


def test_every_ruling_says_its_name_once_for_each_subject_and_ends_as_a_sentence():
    judgement = judge(noised(CHAMPION, 1.0), CHAMPION, CHAMPION)
    names = [(ruling.name, ruling.subjects) for ruling in judgement.rulings]
    assert len(set(names)) == len(names)
    assert all(ruling.detail.endswith(".") for ruling in judgement.rulings)


def test_a_worn_guard_set_asks_for_its_rotation_and_refuses_nobody():
    fresh, worn = (judge(CHAMPION, CHAMPION, CHAMPION, guard_uses=uses) for uses in (GUARD_USES - 1, GUARD_USES))
    assert named(fresh, "guard_worn").passed
    assert not named(worn, "guard_worn").passed
    assert "replace its pictures" in named(worn, "guard_worn").detail
    assert worn.passed


@pytest.mark.parametrize("column", COLUMNS)
def test_reports_of_another_guard_set_are_not_compared(column):
    other = replace(CHAMPION, **{column: np.roll(getattr(CHAMPION, column), 7)})
    if np.array_equal(getattr(other, column), getattr(CHAMPION, column)):
        other = replace(CHAMPION, **{column: np.full(len(CHAMPION), "another")})
    with pytest.raises(ValueError, match=f"not read on the same guard set: {column}"):
        judge(other, CHAMPION, CHAMPION)


def test_reports_of_other_cases_are_not_compared():
    with pytest.raises(ValueError, match="not read on the same regression cases"):
        judge(replace(CHAMPION, cases=(CaseResult(id="case-1", expected=0, probability=0.5),)), CHAMPION, CHAMPION)


def test_the_reference_names_every_ruling_and_no_other():
    page = (Path(__file__).parents[5] / "docs" / "reference" / "gate.md").read_text(encoding="utf-8")
    rows = [line.split("|")[1] for line in page.splitlines() if line.startswith("| `")]
    listed = {name for row in rows for name in re.findall("`([a-z_]+)`", row)}
    assert listed == {ruling.name for ruling in judge(CHAMPION, CHAMPION, CHAMPION).rulings}
