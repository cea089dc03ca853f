import numpy as np
import pytest
from sklearn.metrics import average_precision_score, roc_auc_score

from services.retrainer.statistics import bootstrap
from services.retrainer.statistics.bootstrap import (
    average_precisions,
    interval,
    paired,
    resamples,
    roc_aucs,
    shares,
    tprs_at_fpr,
)
from services.retrainer.statistics.metrics import tpr_at_fpr


def drawn(owners=40, images=5, *, spread=1.0, seed=0):
    """Labels, scores and owners: each owner has a taste of their own, which all their images share."""
    random = np.random.default_rng(seed)
    labels = np.repeat(np.arange(owners) % 2, images).astype(np.uint8)
    taste = np.repeat(random.normal(0, spread, owners), images)
    scores = labels + taste + random.normal(0, 0.5, len(labels))
    return labels, np.round(scores, 1), np.repeat(np.arange(owners), images).astype(str)


def repeated(weights):
    return np.repeat(np.arange(len(weights)), weights.astype(int))


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (roc_aucs, roc_auc_score),
        (average_precisions, average_precision_score),
        (lambda labels, scores, weights: tprs_at_fpr(labels, scores, 0.1, weights), lambda *of: tpr_at_fpr(*of, 0.1)),
    ],
)
def test_a_weight_is_as_good_as_so_many_copies_of_the_image(ours, theirs):
    labels, scores, owners = drawn()
    weights = resamples(owners, labels, draws=20)
    values = ours(labels, scores, weights)
    for row, value in zip(weights, values, strict=True):
        copies = repeated(row)
        assert value == pytest.approx(theirs(labels[copies], scores[copies]))


def test_the_first_row_counts_each_image_once():
    labels, _, owners = drawn()
    assert (resamples(owners, labels, draws=3)[0] == 1).all()


def test_owners_are_drawn_whole_and_each_class_keeps_its_number_of_owners():
    labels, _, owners = drawn()
    weights = resamples(owners, labels, draws=50)
    for owner in np.unique(owners):
        assert (np.ptp(weights[:, owners == owner], axis=1) == 0).all()
    for label in (0, 1):
        assert (weights[:, labels == label].sum(1) == 100).all()


def test_equal_seeds_draw_alike_and_others_do_not():
    labels, _, owners = drawn()
    assert (resamples(owners, labels, draws=5, seed=1) == resamples(owners, labels, draws=5, seed=1)).all()
    assert (resamples(owners, labels, draws=5, seed=1) != resamples(owners, labels, draws=5, seed=2)).any()


def test_a_class_of_one_owner_gets_no_interval():
    labels, scores, owners = drawn()
    owners[labels == 1] = "one"
    measured = interval(roc_aucs(labels, scores, resamples(owners, labels, draws=10)))
    assert measured.value == pytest.approx(roc_auc_score(labels, scores))
    assert measured.document() == {"value": round(measured.value, 6), "low": None, "high": None}


def test_the_interval_of_a_share_covers_the_truth_about_as_often_as_it_says():
    """Owners differ, so that an interval over images would cover far less."""
    random = np.random.default_rng(0)
    covered = 0
    for seed in range(200):
        tastes = random.beta(2, 3, 40)
        hits = random.random((40, 20)) < tastes[:, None]
        owners, labels = np.repeat(np.arange(40), 20).astype(str), np.zeros(800, np.uint8)
        weights = resamples(owners, labels, draws=200, seed=seed)
        measured = interval(shares(hits.ravel(), labels == 0, weights))
        covered += measured.low <= 0.4 <= measured.high
    assert 0.88 <= covered / 200 <= 0.99


def test_a_paired_difference_is_narrower_than_the_two_intervals_apart():
    labels, scores, owners = drawn(spread=2.0)
    worse = scores + np.random.default_rng(1).normal(0, 0.3, len(scores)) - 0.2 * labels
    weights = resamples(owners, labels, draws=300)
    difference = paired(labels, scores, worse, weights)
    alone = interval(roc_aucs(labels, scores, weights))
    assert difference.value == pytest.approx(roc_auc_score(labels, scores) - roc_auc_score(labels, worse))
    assert difference.high - difference.low < 0.5 * (alone.high - alone.low)


def test_many_draws_are_worked_on_in_slabs(monkeypatch):
    labels, scores, owners = drawn()
    weights = resamples(owners, labels, draws=30)
    whole = roc_aucs(labels, scores, weights)
    monkeypatch.setattr(bootstrap, "SLAB", 7 * len(labels))
    assert (roc_aucs(labels, scores, weights) == whole).all()
