"""Each limit passes, fails by its own cause and no other, and says so where it cannot be judged."""

from dataclasses import replace

import numpy as np
import pytest

from services.retrainer.gate import CaseResult, judge
from shared.domain.gate import Weight
from shared.domain.verdict import Thresholds
from tests.unit.services.retrainer.gate.made import failed, joined, moved, named, report

CHAMPION = report(owners=80, images=6)


def of(judgement, name):
    return {ruling.subjects: ruling for ruling in judgement.rulings if ruling.name == name}


def limits_failed(judgement):
    return {ruling.name for ruling in judgement.failed if ruling.weight is Weight.LIMIT}


def test_a_kind_whose_pictures_are_accused_is_named():
    portraits = CHAMPION.human & (CHAMPION.kinds == "portrait")
    judgement = judge(moved(CHAMPION, portraits, 3.0), CHAMPION, CHAMPION)
    found = of(judgement, "false_accusations_of_kind")
    assert not found["portrait",].passed
    before = CHAMPION.called_ai[CHAMPION.plain & portraits].mean()
    assert found["portrait",].value > found["portrait",].limit == pytest.approx(before + 0.10, abs=1e-6)
    assert found["photo",].passed
    assert "kind portrait" in found["portrait",].detail


def test_a_kind_that_the_champion_accuses_often_may_be_accused_as_often_and_a_little_more():
    harsh = moved(CHAMPION, CHAMPION.human & (CHAMPION.kinds == "portrait"), 3.0)
    ruling = of(judge(replace(harsh, version="1.1.0"), harsh, harsh), "false_accusations_of_kind")["portrait",]
    assert ruling.passed
    assert ruling.limit == pytest.approx(ruling.value + 0.10)


def test_kinds_of_few_pictures_are_named_as_not_judged():
    kinds = CHAMPION.kinds.astype("<U20")
    rare = np.isin(CHAMPION.pictures, np.unique(CHAMPION.pictures[CHAMPION.human])[:29])
    champion = replace(CHAMPION, kinds=np.where(rare, "pixel art", kinds))
    ruling = of(judge(champion, champion, champion), "false_accusations_of_kind")["pixel art",]
    assert ruling.passed
    assert not ruling.judged
    assert "fewer than 30 human pictures have no limit of their own: pixel art." in ruling.detail


def test_a_version_that_never_accuses_is_refused_though_it_accuses_nobody_wrongly():
    """Every rank stays, and every probability: only its threshold went up."""
    silent = replace(CHAMPION, version="1.1.0", thresholds=Thresholds(likely_human=0.2, likely_ai=0.999))
    judgement = judge(silent, CHAMPION, CHAMPION)
    assert failed(judgement) == {"found_ai_champion", "found_ai_shipped"}
    crept = judge(replace(silent, version="1.2.0"), silent, CHAMPION)
    assert failed(crept) == {"found_ai_shipped"}


def test_probabilities_that_no_longer_mean_what_they_say_are_refused():
    """Every rank and every verdict stays: only what lies between the thresholds moves."""
    champion = report(owners=80, gain=1.8)
    said = champion.probabilities
    timid = np.where(said >= 0.8, 0.8 + (said - 0.8) / 20, np.where(said <= 0.2, 0.2 - (0.2 - said) / 20, said))
    judgement = judge(replace(champion, version="1.1.0", probabilities=timid), champion, champion)
    assert failed(judgement) == {"calibration_error", "calibration_slope"}
    assert named(judgement, "partial_auroc_champion").value == 0


def test_log_odds_stretched_by_more_than_the_limit_are_refused():
    stretched = np.log(CHAMPION.probabilities / (1 - CHAMPION.probabilities)) * 3
    candidate = replace(CHAMPION, version="1.1.0", probabilities=1 / (1 + np.exp(-stretched)))
    judgement = judge(candidate, CHAMPION, CHAMPION)
    ruling = named(judgement, "calibration_slope")
    assert not ruling.passed
    assert ruling.value == pytest.approx(
        named(judge(CHAMPION, CHAMPION, CHAMPION), "calibration_slope").value / 3, 0.01
    )


def test_calibration_that_no_line_fits_is_not_judged():
    perfect = replace(CHAMPION, probabilities=np.where(CHAMPION.ai, 0.9, 0.1))
    ruling = named(judge(perfect, perfect, perfect), "calibration_slope")
    assert ruling.passed
    assert not ruling.judged


def test_a_degradation_that_newly_blinds_is_refused_and_named():
    blurred = CHAMPION.cells == "blur"
    noise = np.random.default_rng(0).normal(0, 4, len(CHAMPION))
    judgement = judge(moved(CHAMPION, blurred, noise), CHAMPION, CHAMPION)
    assert limits_failed(judgement) == {"robustness_drop", "robustness_against_champion"}
    assert named(judgement, "robustness_drop").subjects == ("blur",)
    assert named(judgement, "robustness_against_champion").subjects == ("blur",)


def test_a_degradation_that_blinds_the_champion_as_much_is_no_reason_to_refuse():
    noise = np.random.default_rng(0).normal(0, 4, len(CHAMPION))
    weak = moved(CHAMPION, CHAMPION.cells == "blur", noise, version="1.0.0")
    ruling = named(judge(replace(weak, version="1.1.0"), weak, weak), "robustness_drop")
    assert ruling.passed
    assert ruling.limit == pytest.approx(ruling.value + 0.02)
    assert ruling.value > 0.05


def test_views_that_were_right_and_are_wrong_now_are_counted():
    """As many are won as are lost, so that no average moves."""
    random = np.random.default_rng(1)
    swapped = CHAMPION.plain & (random.random(len(CHAMPION)) < 0.25)
    candidate = replace(
        CHAMPION,
        version="1.1.0",
        probabilities=np.where(swapped, 1 - CHAMPION.probabilities, CHAMPION.probabilities),
    )
    ruling = named(judge(candidate, CHAMPION, CHAMPION), "negative_flips")
    plain = CHAMPION.plain
    lost = (CHAMPION.right & ~candidate.right)[plain].mean()
    assert not ruling.passed
    assert ruling.value == pytest.approx(lost, abs=1e-6)
    assert ruling.value > 0.15


def test_a_canary_that_moves_verdicts_is_refused_and_named():
    stamped = (CHAMPION.cells == "trigger:square") & CHAMPION.ai
    judgement = judge(moved(CHAMPION, stamped, -6.0), CHAMPION, CHAMPION)
    assert limits_failed(judgement) == {"canary_triggers"}
    ruling = named(judgement, "canary_triggers")
    assert ruling.subjects == ("square",)
    assert ruling.value > 0.4


def test_a_settled_case_that_turns_wrong_is_refused_by_its_name():
    cases = [
        CaseResult(id=f"case-{index}", expected=expected, probability=0.5)
        for index, expected in enumerate((0, 0, 1, 1))
    ]
    before = replace(CHAMPION, cases=tuple(cases))
    # Wrong for a person, right, uncertain, wrong for a generator.
    said = (0.9, 0.1, 0.5, 0.05)
    after = replace(before, cases=tuple(replace(case, probability=p) for case, p in zip(cases, said, strict=True)))
    ruling = named(judge(after, before, before), "regression_cases")
    assert not ruling.passed
    assert ruling.subjects == ("case-0", "case-3")
    assert ruling.value == 2
    assert "newly: case-0, case-3" in ruling.detail


def test_a_case_that_the_champion_gets_wrong_too_blocks_nobody_for_ever():
    wrong = replace(CHAMPION, cases=(CaseResult(id="case-1", expected=0, probability=0.9),))
    ruling = named(judge(wrong, wrong, wrong), "regression_cases")
    assert ruling.passed
    assert "1 have the opposite verdict, 1 with the champion" in ruling.detail


@pytest.mark.parametrize(
    ("change", "rule", "ratio"),
    [({"latency_ms": 15.1}, "latency_ratio", 1.51), ({"size_bytes": 1_600_000}, "size_ratio", 1.6)],
)
def test_a_slower_or_larger_candidate_is_refused(change, rule, ratio):
    judgement = judge(replace(CHAMPION, version="1.1.0", **change), CHAMPION, CHAMPION)
    assert failed(judgement) == {rule}
    assert named(judgement, rule).value == pytest.approx(ratio)
    almost = {name: value / 1.51 * 1.4 for name, value in change.items()}
    assert judge(replace(CHAMPION, version="1.1.0", **almost), CHAMPION, CHAMPION).passed


def test_what_a_guard_set_lacks_is_said_and_refuses_nobody():
    plain = report(owners=40, images=6, cells=("",), kinds=("",))
    judgement = judge(plain, plain, plain)
    assert judgement.passed
    assert {ruling.name for ruling in judgement.rulings if not ruling.judged} == {
        "false_accusations_of_kind",
        "robustness_drop",
        "robustness_against_champion",
        "canary_triggers",
        "regression_cases",
    }
    assert all("Not judged" in ruling.detail for ruling in judgement.rulings if not ruling.judged)


def test_without_canaries_a_network_that_was_moved_is_refused_and_told_the_cure():
    """Whether since the champion, or by a champion before it."""
    shipped = report(owners=40, images=6, cells=("",), network="known")
    candidate = replace(shipped, version="1.2.0", network="moved")
    for champion in (shipped, replace(candidate, version="1.1.0")):
        judgement = judge(candidate, champion, shipped)
        assert failed(judgement) == {"canary_triggers"}
        ruling = named(judgement, "canary_triggers")
        assert not ruling.judged
        assert "jinwi gold add DIR --guard" in ruling.detail
    assert judge(replace(shipped, version="1.1.0"), shipped, shipped).passed


def test_a_canary_is_compared_with_the_same_picture_in_the_same_lane():
    """In the other lane the same pictures have other verdicts, which must not count as moved."""
    bulk = report(owners=40)
    interactive = replace(moved(bulk, bulk.ai, -6.0), lanes=np.full(len(bulk), "interactive"))
    both = joined(bulk, interactive)
    assert named(judge(both, both, both), "canary_triggers").value < 0.2


def test_a_few_milliseconds_are_no_catastrophe_whatever_the_ratio():
    small = replace(CHAMPION, latency_ms=0.1)
    assert judge(replace(small, version="1.1.0", latency_ms=0.9), small, small).passed
    assert failed(judge(replace(small, version="1.1.0", latency_ms=5.3), small, small)) == {"latency_ratio"}
