from dataclasses import replace

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from services.retrainer.gate import Limits, judge
from services.retrainer.statistics.bootstrap import partial_roc_aucs, resamples
from tests.unit.services.retrainer.gate.made import failed, joined, moved, named, noised, report, rows_of

CHAMPION = report(owners=200, images=8, cells=("",))


def test_the_partial_area_is_scikit_learns_on_every_draw():
    weights = resamples(CHAMPION.owners, CHAMPION.labels, draws=20)
    scores = np.round(CHAMPION.probabilities, 1)
    for limit in (0.05, 0.1, 1.0):
        areas = partial_roc_aucs(CHAMPION.labels, scores, limit, weights)
        for row, area in zip(weights, areas, strict=True):
            copies = np.repeat(np.arange(len(row)), row.astype(int))
            assert area == pytest.approx(roc_auc_score(CHAMPION.labels[copies], scores[copies], max_fpr=limit))


def test_a_class_of_one_owner_gives_no_partial_area_but_the_first():
    owners = np.where(CHAMPION.ai, "one", CHAMPION.owners)
    weights = resamples(owners, CHAMPION.labels, draws=5)
    areas = partial_roc_aucs(CHAMPION.labels, CHAMPION.probabilities, 0.1, weights)
    assert np.isfinite(areas[0])
    assert np.isnan(areas[1:]).all()


def test_losing_ranks_among_the_highest_scores_is_what_partial_auroc_refuses():
    """Human pictures reach the top, though fewer than before are called AI."""
    random = np.random.default_rng(0)
    top = CHAMPION.human & (random.random(len(CHAMPION)) < 0.08)
    candidate = moved(moved(CHAMPION, top, 4.0), np.ones(len(CHAMPION), bool), -1.5)
    judgement = judge(candidate, CHAMPION, CHAMPION)
    assert {"partial_auroc_champion", "partial_auroc_shipped"} <= failed(judgement)
    ruling = named(judgement, "partial_auroc_champion")
    assert ruling.low < ruling.limit == -0.02
    assert ruling.low <= ruling.value <= ruling.high


def test_bolder_thresholds_alone_are_refused_for_the_people_they_accuse():
    """Every rank is as it was."""
    candidate = moved(CHAMPION, np.ones(len(CHAMPION), bool), 1.0)
    judgement = judge(candidate, CHAMPION, CHAMPION)
    assert named(judgement, "partial_auroc_champion").value == 0
    assert {"false_accusations_champion", "false_accusations_shipped"} <= failed(judgement)
    ruling = named(judgement, "false_accusations_champion")
    assert ruling.high > ruling.limit == 0.02
    assert ruling.value > ruling.value_limit == 0.005
    assert ruling.value == pytest.approx(
        (candidate.called_ai & CHAMPION.human).sum() / CHAMPION.human.sum()
        - (CHAMPION.called_ai & CHAMPION.human).sum() / CHAMPION.human.sum(),
        abs=1e-6,
    )


def test_a_small_certain_increase_of_accusations_is_refused_by_what_was_measured():
    """One picture in a hundred, whichever owners are drawn: the bound alone would let it pass, again and again."""
    nearest = CHAMPION.human & ~CHAMPION.called_ai
    lowest = np.sort(CHAMPION.probabilities[nearest])[-8]
    candidate = moved(CHAMPION, nearest & (CHAMPION.probabilities >= lowest), 2.0)
    ruling = named(judge(candidate, CHAMPION, CHAMPION), "false_accusations_champion")
    assert ruling.value == pytest.approx(0.01)
    assert ruling.high <= ruling.limit
    assert not ruling.passed


def test_what_luck_could_explain_in_a_few_owners_is_not_shown_not_to_be_a_loss():
    """The same loss of sight by which many owners show that no more than the margin was lost."""
    few = report(owners=20, images=8, cells=("",))
    slight = 0.35
    assert "partial_auroc_champion" not in failed(judge(noised(CHAMPION, slight), CHAMPION, CHAMPION))
    assert "partial_auroc_champion" in failed(judge(noised(few, slight), few, few))


@pytest.mark.parametrize(
    ("champion", "says"),
    [
        (report(owners=8, images=40), "160 human pictures of 4 owners; 50 of 5"),
        (report(owners=12, images=8), "48 human pictures of 6 owners; 50 of 5"),
    ],
)
def test_too_small_a_guard_set_is_no_reason_to_promote(champion, says):
    judgement = judge(champion, champion, champion)
    assert not judgement.passed
    assert len(judgement.failed) == 4
    for ruling in judgement.failed:
        assert not ruling.judged
        assert ruling.value is None
        assert says in ruling.detail


def test_many_views_of_few_pictures_are_few_pictures():
    champion = report(owners=12, images=8, cells=("", ""))
    assert not judge(champion, champion, champion).passed


def test_a_picture_counts_once_however_many_views_of_it_there_are():
    """Two of a hundred pictures with one view are newly accused; the other hundred have five views each."""
    travel = report(owners=40, images=5, cells=("",) * 5)
    own = report(owners=40, images=5, cells=("",), seed=1)
    own = replace(own, pictures=np.char.add("own:", own.pictures), owners=np.char.add("own:", own.owners))
    champion = joined(travel, own)
    new = champion.human & ~champion.called_ai & np.char.startswith(champion.pictures, "own:")
    accused = np.isin(np.arange(len(champion)), np.flatnonzero(new)[:2])
    judgement = judge(moved(champion, accused, 9.0), champion, champion)
    ruling = named(judgement, "false_accusations_champion")
    assert ruling.value == pytest.approx(2 / 200)
    assert not ruling.passed


def test_views_of_a_picture_that_are_repeated_move_no_ruling():
    """Not of the primary rules, nor of a limit."""
    candidate = noised(CHAMPION, 0.8)
    more = np.flatnonzero(np.arange(len(CHAMPION)) % 3 == 0)
    straight = judge(candidate, CHAMPION, CHAMPION)
    theirs, ours = (joined(report, rows_of(report, more)) for report in (CHAMPION, candidate))
    other = judge(ours, theirs, theirs)
    for before, after in zip(straight.rulings, other.rulings, strict=True):
        assert (before.name, before.passed, before.subjects) == (after.name, after.passed, after.subjects)
        for number in ("value", "low", "high"):
            assert getattr(after, number) == pytest.approx(getattr(before, number), abs=1e-5), before.name


def test_intervals_on_fewer_draws_than_a_thousand_are_refused():
    with pytest.raises(ValueError, match="draws must be 1000 or more"):
        Limits(draws=100)
