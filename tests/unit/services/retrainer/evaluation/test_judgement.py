import json

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from services.retrainer.evaluation.judgement import judge
from services.retrainer.evaluation.nulls import NullScores
from shared.domain.verdict import Thresholds
from tests.unit.services.retrainer.evaluation.made import calibrated, predictions


def null(made, strength, *, seed=1):
    noise = np.random.default_rng(seed).normal(size=len(made))
    return NullScores(says="made numbers", scores=noise + strength * made.labels)


def judged(made, nulls=None, thresholds=None):
    return judge(made, thresholds or Thresholds(), nulls, view="matched", draws=100)


def test_figures_are_those_of_the_predictions():
    made = calibrated(1000)
    judgement = judged(made)
    assert judgement.figures["roc_auc"].value == pytest.approx(roc_auc_score(made.labels, made.logits))
    assert judgement.figures["accuracy"].value == ((made.logits >= 0) == (made.labels == 1)).mean()
    assert judgement.verdicts["ai_likely_ai"].value == (made.probabilities[made.ai] >= 0.8).mean()
    assert sum(judgement.confusion.values()) == 1000
    assert judgement.warnings == []


def test_owners_of_many_images_do_not_rule_the_figure_by_owner():
    logits = np.r_[np.full(90, -1.0), [2.0], np.ones(10)]
    labels = np.r_[np.zeros(91), np.ones(10)]
    owners = ["many"] * 90 + ["one"] + ["ai"] * 10
    figures = judged(predictions(logits, labels, owners=owners)).figures
    assert figures["roc_auc"].value == pytest.approx(90 / 91)
    assert figures["roc_auc_by_owner"].value == pytest.approx(0.5)


def test_the_margin_is_that_over_the_strongest_null():
    made = calibrated(1000)
    judgement = judged(made, {"noise": null(made, 1.0), "shape": null(made, 0.0)})
    strongest = judgement.strongest_null
    assert strongest.name == "noise"
    assert strongest.margin.value == pytest.approx(judgement.figures["roc_auc"].value - strongest.roc_auc.value)
    assert strongest.margin.low < strongest.margin.value < strongest.margin.high


@pytest.mark.parametrize(
    ("name", "strength", "warned"), [("shape", 1.0, True), ("shape", 0.1, False), ("noise", 1.0, False)]
)
def test_only_a_null_without_content_that_passes_060_is_warned_of(name, strength, warned):
    made = calibrated(1000)
    warnings = judged(made, {name: null(made, strength)}).warnings
    assert ["made numbers" in warning for warning in warnings] == [True] * warned


def test_few_owners_are_warned_of():
    made = predictions([1.0, -1.0] * 20, [1, 0] * 20, owners=["a", "b", "c", "d"] * 10)
    assert len(judged(made).warnings) == 2


def test_portraits_are_a_group_of_their_own():
    made = calibrated(1000)
    kinds = np.where(np.arange(1000) % 10 < 2, "portrait", "photo")
    portraits = judged(predictions(made.logits, made.labels, owners=made.owners, kinds=kinds)).portraits
    chosen = kinds == "portrait"
    assert portraits["images"] == {"human": 100, "ai": 100}
    assert portraits["roc_auc"]["value"] == pytest.approx(
        roc_auc_score(made.labels[chosen], made.logits[chosen]), abs=1e-6
    )


@pytest.mark.parametrize("label", [0, 1])
def test_images_of_one_class_are_judged_by_what_takes_one(label):
    made = calibrated(400)
    judgement = judged(made.where(made.labels == label), {"noise": null(made.where(made.labels == label), 1)})
    assert judgement.reliability is None
    assert judgement.nulls == []
    assert set(judgement.figures) == {"accuracy", "brier"}


def test_the_document_is_json_without_nan():
    made = calibrated(400)
    one_owner = predictions(made.logits, made.labels, owners=np.where(made.labels == 1, "one", made.owners))
    text = json.dumps(judged(one_owner, {"noise": null(made, 1)}).document(), allow_nan=False)
    assert json.loads(text)["nulls"]["noise"]["margin"]["low"] is None
