"""All that is said of a detector's predictions in one view of the images, as figures with intervals."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from services.retrainer.evaluation.groups import (
    LEAST,
    Group,
    accused_kinds,
    accused_owners,
    found_generators,
    rate_of,
)
from services.retrainer.evaluation.nulls import CONTENTLESS, NullScores
from services.retrainer.evaluation.predictions import Floats, Predictions
from services.retrainer.evaluation.reliability import Reliability, reliability
from services.retrainer.evaluation.thresholds import evenly
from services.retrainer.statistics.bootstrap import (
    DRAWS,
    Interval,
    Weights,
    average_precisions,
    interval,
    means,
    resamples,
    roc_aucs,
    tprs_at_fpr,
)
from services.retrainer.statistics.metrics import by_class
from shared.domain.verdict import Thresholds

SUSPECT = 0.60
"""A null that sees no content and passes this ROC AUC says that the view leaks."""

MARGIN = 0.04
"""By which a detector is asked to stand above the strongest null."""

PORTRAIT = "portrait"

FEW = 10
"""Owners: fewer do not say what the next one is like."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Beside:
    """A null on the same images: its ROC AUC, and by how much the detector's is greater, on the same draws."""

    name: str
    says: str
    contentless: bool
    roc_auc: Interval
    margin: Interval


@dataclass(frozen=True, kw_only=True, slots=True)
class Judgement:
    """`figures` by name, each with its interval; `classes` as `by_class` gives them; `portraits` is None where there
    are none; `reliability` and what takes both classes are None or nan where one is absent.
    """

    view: str
    predictions: Predictions
    thresholds: Thresholds
    figures: Mapping[str, Interval]
    classes: Mapping[str, Mapping[str, float]]
    confusion: Mapping[str, int]
    verdicts: Mapping[str, Interval]
    kinds: Sequence[Group]
    owners: Sequence[Group]
    generators: Sequence[Group]
    found: Sequence[Group]
    reliability: Reliability | None
    nulls: Sequence[Beside]
    portraits: Mapping[str, Any] | None
    warnings: Sequence[str]

    @property
    def both_classes(self) -> bool:
        return self.reliability is not None

    @property
    def strongest_null(self) -> Beside | None:
        return max(self.nulls, key=lambda null: null.roc_auc.value, default=None)

    def document(self) -> dict[str, Any]:
        """For JSON."""
        labels = self.predictions.labels
        return {
            "view": self.view,
            "images": {"human": int((labels == 0).sum()), "ai": int((labels == 1).sum())},
            "owners": {name: _owners(self.predictions, label) for label, name in enumerate(("human", "ai"))},
            "thresholds": self.thresholds.document(),
            "figures": _documents(self.figures),
            "classes": {name: dict(row) for name, row in self.classes.items()},
            "confusion": dict(self.confusion),
            "verdicts": _documents(self.verdicts),
            "false_likely_ai_by_kind": [group.document() for group in self.kinds],
            f"false_likely_ai_by_owner_of_{LEAST}": [group.document() for group in self.owners],
            "recall_by_generator": [group.document() for group in self.generators],
            "found_likely_ai_by_generator": [group.document() for group in self.found],
            "reliability": self.reliability.document() if self.reliability else None,
            "nulls": {
                null.name: {"roc_auc": null.roc_auc.document(), "margin": null.margin.document()} for null in self.nulls
            },
            "portraits": dict(self.portraits) if self.portraits else None,
            "warnings": list(self.warnings),
        }


def judge(
    predictions: Predictions,
    thresholds: Thresholds,
    nulls: Mapping[str, NullScores] | None = None,
    *,
    view: str,
    draws: int = DRAWS,
    seed: int = 0,
) -> Judgement:
    """Every figure on the same draws of owners. `view` is how the images were seen: matched or raw."""
    weights = resamples(predictions.owners, predictions.labels, draws=draws, seed=seed)
    both = bool(predictions.human.any() and predictions.ai.any())
    beside = _beside(predictions, nulls or {}, weights) if both else []
    figures = _figures(predictions, weights, both=both)
    return Judgement(
        view=view,
        predictions=predictions,
        thresholds=thresholds,
        figures=figures,
        classes=by_class(predictions.labels, predictions.probabilities),
        confusion=_confusion(predictions),
        verdicts=_verdicts(predictions, thresholds, weights),
        kinds=accused_kinds(predictions, thresholds.likely_ai, weights),
        owners=accused_owners(predictions, thresholds.likely_ai, weights),
        generators=found_generators(predictions, 0.5, weights),
        found=found_generators(predictions, thresholds.likely_ai, weights),
        reliability=reliability(predictions, weights, seed=seed) if both else None,
        nulls=beside,
        portraits=_portraits(predictions, thresholds, weights),
        warnings=[*_leaks(beside, view), *_few(predictions)],
    )


def _figures(predictions: Predictions, weights: Weights, *, both: bool) -> dict[str, Interval]:
    labels, logits, probabilities = predictions.labels, predictions.logits, predictions.probabilities
    everyone = np.ones(len(labels), np.bool_)
    right = (probabilities >= 0.5) == predictions.ai
    values: dict[str, Floats] = {}
    if both:
        alike = evenly(predictions.owners, predictions.human) + evenly(predictions.owners, predictions.ai)
        values["roc_auc"] = roc_aucs(labels, logits, weights)
        values["roc_auc_by_owner"] = roc_aucs(labels, logits, weights * alike)
        values["average_precision"] = average_precisions(labels, logits, weights)
        values["tpr_at_1_fpr"] = tprs_at_fpr(labels, logits, 0.01, weights)
        values["tpr_at_5_fpr"] = tprs_at_fpr(labels, logits, 0.05, weights)
        values["balanced_accuracy"] = sum(
            means(right.astype(np.float64), among, weights) / 2 for among in (predictions.human, predictions.ai)
        )
    values["accuracy"] = means(right.astype(np.float64), everyone, weights)
    values["brier"] = means(np.square(probabilities - labels), everyone, weights)
    return {name: interval(value) for name, value in values.items()}


def _confusion(predictions: Predictions) -> dict[str, int]:
    called_ai = predictions.probabilities >= 0.5
    return {
        "true_ai": int((called_ai & predictions.ai).sum()),
        "false_ai": int((called_ai & predictions.human).sum()),
        "false_human": int((~called_ai & predictions.ai).sum()),
        "true_human": int((~called_ai & predictions.human).sum()),
    }


def _verdicts(predictions: Predictions, thresholds: Thresholds, weights: Weights) -> dict[str, Interval]:
    """What share of each class gets which verdict by the score alone."""
    likely_ai = predictions.probabilities >= thresholds.likely_ai
    likely_human = predictions.probabilities <= thresholds.likely_human
    said = {"likely_ai": likely_ai, "uncertain": ~likely_ai & ~likely_human, "likely_human": likely_human}
    classes = {"human": predictions.human, "ai": predictions.ai}
    return {
        f"{name}_{verdict}": rate_of(hits, among, weights)
        for name, among in classes.items()
        for verdict, hits in said.items()
    }


def _beside(predictions: Predictions, nulls: Mapping[str, NullScores], weights: Weights) -> list[Beside]:
    ours = roc_aucs(predictions.labels, predictions.logits, weights)
    compared = []
    for name, null in nulls.items():
        theirs = roc_aucs(predictions.labels, null.scores, weights)
        compared.append(
            Beside(
                name=name,
                says=null.says,
                contentless=name in CONTENTLESS,
                roc_auc=interval(theirs),
                margin=interval(ours - theirs),
            )
        )
    return compared


def _portraits(predictions: Predictions, thresholds: Thresholds, weights: Weights) -> dict[str, Any] | None:
    """Portraits as a group of their own: of people, and of AI where the data name them."""
    chosen = predictions.kinds == PORTRAIT
    if not chosen.any():
        return None
    human, ai = predictions.human & chosen, predictions.ai & chosen
    said = predictions.probabilities >= thresholds.likely_ai
    figures = {"images": {"human": int(human.sum()), "ai": int(ai.sum())}}
    if human.any():
        figures["false_likely_ai"] = rate_of(said, human, weights).document()
    if ai.any():
        figures["found_likely_ai"] = rate_of(said, ai, weights).document()
    if human.any() and ai.any():
        few = predictions.where(chosen)
        figures["roc_auc"] = interval(roc_aucs(few.labels, few.logits, weights[:, chosen])).document()
    return figures


def _leaks(nulls: Sequence[Beside], view: str) -> list[str]:
    leaks = [f"{null.says} ({null.roc_auc.value:.3f})" for null in nulls if leaking(null)]
    if not leaks:
        return []
    warning = (
        f"In the {view} view, {' or '.join(leaks)} alone gives a ROC AUC above {SUSPECT:.2f}. What a detector gains "
        "from that says nothing of how images were made."
    )
    return [warning]


def leaking(null: Beside) -> bool:
    """Whether it tells the classes apart although it sees no trace of a generator."""
    return null.contentless and null.roc_auc.value > SUSPECT


def _few(predictions: Predictions) -> list[str]:
    counts = {name: _owners(predictions, label) for label, name in enumerate(("human", "AI"))}
    return [
        f"The {name} images come from {count} owner{'s' if count > 1 else ''}: intervals over so few are too narrow."
        for name, count in counts.items()
        if 0 < count < FEW
    ]


def _owners(predictions: Predictions, label: int) -> int:
    return len(np.unique(predictions.owners[predictions.labels == label]))


def _documents(figures: Mapping[str, Interval]) -> dict[str, Any]:
    return {name: figure.document() for name, figure in figures.items()}
