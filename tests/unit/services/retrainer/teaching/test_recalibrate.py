import numpy as np
import pytest

pytest.importorskip("torch")

from services.retrainer.teaching.recalibrate import recalibrated
from services.retrainer.versions.embedded import Embedded
from services.retrainer.versions.owner_folds import owner_folds
from shared.domain.job import Lane
from shared.domain.model_card import Calibration, CalibrationTable, Tier

HONEST = CalibrationTable(
    tiers={
        lane: (
            Tier(max_short_side=224, calibration=Calibration(temperature=2.5, bias=0.3)),
            Tier(max_short_side=None, calibration=Calibration(temperature=3.0 + place, bias=-0.2)),
        )
        for place, lane in enumerate(Lane)
    }
)


def gold(count=2000, owners=10, seed=0):
    """Rows with logits of a known temperature: (gold, logits float32 [N])."""
    chance = np.random.default_rng(seed)
    logits = chance.normal(0, 2, count)
    labels = (chance.random(count) < 1 / (1 + np.exp(-logits))).astype(np.uint8)
    lanes = np.array([lane.value for lane in Lane])[np.arange(count) % 2]
    rows = Embedded(
        vectors=logits[:, None].astype(np.float32),
        labels=labels,
        owners=np.array([f"{label}-{row % owners}" for row, label in enumerate(labels)]),
        kinds=np.full(count, "photo"),
        pictures=np.arange(count).astype(str),
        cells=np.full(count, ""),
        lanes=lanes,
        short_sides=np.where(np.arange(count) % 4 < 2, 200, 400).astype(np.int32),
    )
    return rows, logits.astype(np.float32)


def odds(table, lane, side, logit):
    fit = table.of(lane, side)
    return logit / fit.temperature + fit.bias


def test_a_head_like_the_champions_keeps_the_champions_calibration():
    rows, logits = gold()
    table, said = recalibrated(rows, logits, logits, HONEST)
    for lane in Lane:
        for side in (200, 400):
            for logit in (-3.0, 0.0, 2.0):
                assert odds(table, lane, side, logit) == pytest.approx(odds(HONEST, lane, side, logit))
    assert "out of fold by owner" in said
    assert "keeps" not in said


def test_logits_that_only_have_another_scale_mean_the_same():
    rows, logits = gold()
    table, _ = recalibrated(rows, logits, 3 * logits + 1, HONEST)
    for lane in Lane:
        assert odds(table, lane, 400, 3 * 1.5 + 1) == pytest.approx(odds(HONEST, lane, 400, 1.5), abs=1e-6)


def test_a_head_that_is_less_sure_of_owners_it_never_saw_is_believed_less():
    rows, logits = gold()
    vaguer = logits + np.random.default_rng(1).normal(0, 2, len(logits)).astype(np.float32)
    table, _ = recalibrated(rows, logits, vaguer, HONEST)
    assert table.of(Lane.BULK, 400).temperature > HONEST.of(Lane.BULK, 400).temperature


def test_a_head_that_learned_nothing_keeps_the_champions_and_says_so():
    rows, logits = gold()
    table, said = recalibrated(rows, logits, -logits, HONEST)
    assert table == HONEST
    assert "bulk" in said.partition("; ")[2]
    assert said.endswith("keeps the champion's")


def test_no_owner_is_parted_and_every_fold_has_both_classes():
    rows, _ = gold()
    fold = owner_folds(rows)
    assert fold.max() == 4
    for part in range(5):
        assert set(rows.labels[fold == part]) == {0, 1}
        assert not set(rows.owners[fold == part]) & set(rows.owners[fold != part])


def test_one_owner_of_a_class_gives_no_folds():
    rows, _ = gold(owners=1)
    assert owner_folds(rows) is None
