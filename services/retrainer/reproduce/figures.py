"""Figures as the three projects print them: overall, by class, averaged over classes."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from services.retrainer.data.samples import AI, HUMAN
from services.retrainer.statistics.metrics import roc_auc

Figures = dict[str, Any]

CLASSES = {"human": HUMAN, "ai": AI}


def figures(labels: NDArray[np.uint8], logits: NDArray[np.float32]) -> Figures:
    """Of N pictures, ready for JSON. A logit above 0 says AI.

    `macro` averages the two classes alike, `weighted` by their pictures; a precision of 0 of 0 is 0.
    """
    called = (logits > 0).astype(np.uint8)
    classes = {name: _of_class(labels == label, called == label) for name, label in CLASSES.items()}
    return {
        "n": len(labels),
        "accuracy": round(float((called == labels).mean()), 6),
        "roc_auc": round(roc_auc(labels, logits.astype(np.float64)), 6),
        "classes": classes,
        "macro": _averaged(classes, dict.fromkeys(classes, 1)),
        "weighted": _averaged(classes, {name: of_class["support"] for name, of_class in classes.items()}),
    }


def roc(labels: NDArray[np.uint8], logits: NDArray[np.float32]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """(false, true positive rates) from (0, 0) to (1, 1), one point for each logit that occurs."""
    order = np.argsort(-logits, kind="stable")
    last = np.append(np.flatnonzero(np.diff(logits[order])), len(order) - 1)
    ai = np.cumsum(labels[order])[last]
    human = last + 1 - ai
    return np.append(0, human / max(human[-1], 1)), np.append(0, ai / max(ai[-1], 1))


def _of_class(truth: NDArray[np.bool_], called: NDArray[np.bool_]) -> Figures:
    hits = int((truth & called).sum())
    return {
        "precision": round(hits / max(int(called.sum()), 1), 6),
        "recall": round(hits / max(int(truth.sum()), 1), 6),
        "f1": round(2 * hits / max(int(called.sum() + truth.sum()), 1), 6),
        "support": int(truth.sum()),
    }


def _averaged(classes: dict[str, Figures], weights: dict[str, int]) -> Figures:
    total = sum(weights.values())
    averaged: Figures = {
        name: round(sum(classes[each][name] * weight for each, weight in weights.items()) / total, 6)
        for name in ("precision", "recall", "f1")
    }
    return {**averaged, "support": sum(of_class["support"] for of_class in classes.values())}
