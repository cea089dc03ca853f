from dataclasses import replace

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from bench.retraining.heads import ACCUSED, RIDGE, Lessons, trained
from shared.domain.verdict import Thresholds


def lessons(count=600, *, apart=2.0, seed=0):
    chance = np.random.default_rng(seed)
    labels = np.arange(count) % 2
    vectors = chance.normal(0, 1, (count, 8))
    vectors[:, 0] += apart * labels
    return Lessons.of(vectors, labels)


def test_a_head_is_a_logistic_regression_with_a_ridge():
    given = lessons()
    head = trained(given)
    scaled = (given.vectors - given.vectors.mean(0)) / given.vectors.std(0)
    theirs = LogisticRegression(C=1 / RIDGE, tol=1e-8).fit(scaled, given.targets.astype(int))
    assert head.logits(given.vectors) == pytest.approx(theirs.decision_function(scaled), abs=1e-3)


def test_a_soft_label_is_as_good_as_a_mixture_of_hard_ones():
    """Three of four copies AI, or one picture that is AI to three quarters and weighs four."""
    given = lessons(200)
    soft = Lessons(vectors=given.vectors[:1], targets=np.array([0.75]), weights=np.array([4.0]))
    hard = Lessons.of(np.repeat(given.vectors[:1], 4, 0), np.array([1, 1, 1, 0]))
    for ours, theirs in zip(*(trained(given, extra).weight for extra in (soft, hard)), strict=True):
        # Four copies count four times in the scale of the inputs, which the ridge feels.
        assert ours == pytest.approx(theirs, abs=0.02)


def test_pseudo_labels_never_weigh_more_than_their_share():
    given = lessons(100)
    bounded = given.bounded(100, 0.2)
    assert bounded.weights.sum() == pytest.approx(25)
    assert given.bounded(1000, 0.2).weights.sum() == 100


def test_a_first_head_bounds_its_false_accusations_and_a_candidate_keeps_its_champions_thresholds():
    gold = lessons(2000)
    first = trained(gold)
    human = gold.vectors[gold.targets == 0]
    assert (first.probabilities(human) >= first.thresholds.likely_ai).mean() <= ACCUSED + 0.01
    timid = replace(first, thresholds=Thresholds(likely_human=0.1, likely_ai=0.93))
    assert trained(gold, champion=timid).thresholds == timid.thresholds


def test_a_bounded_candidate_accuses_no_more_of_golds_human_pictures_than_its_champion():
    gold = lessons(2000)
    champion = trained(gold.rows(np.arange(2000) < 300))
    candidate = trained(gold, champion=champion, bounded=True)
    human = gold.vectors[gold.targets == 0]

    def accused(head):
        return (head.probabilities(human) >= head.thresholds.likely_ai).mean()

    assert candidate.thresholds.likely_ai >= trained(gold).thresholds.likely_ai
    assert accused(candidate) <= accused(champion) + 0.01
