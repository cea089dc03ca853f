"""What a detector's probabilities are worth on labelled images (AI is the positive class)."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn import metrics

from shared.domain.interval import wilson
from shared.domain.verdict import Thresholds

Floats = NDArray[np.float64]
Labels = NDArray[np.uint8]

BINS = 15
"""Of equal width, for the calibration error (Guo et al., ICML 2017)."""

CLASSES = ("human", "ai")


def measure(labels: Labels, probabilities: Floats, thresholds: Thresholds) -> dict[str, Any]:
    """Figures at the 0.5 point, free of a threshold, and at the shipped `thresholds`, ready for JSON.

    `labels` uint8 [N] with 1 for AI; `probabilities` [N] in [0, 1]. A rate is {value, low, high, n}: its Wilson
    interval of 95 %. What takes both classes is None where one is absent.
    """
    ai, called_ai = labels == 1, probabilities >= 0.5
    tp, fp = int((ai & called_ai).sum()), int((~ai & called_ai).sum())
    fn, tn = int((ai & ~called_ai).sum()), int((~ai & ~called_ai).sum())
    likely_ai = probabilities >= thresholds.likely_ai
    likely_human = probabilities <= thresholds.likely_human
    return {
        "n": len(labels),
        "accuracy": rate(tp + tn, len(labels)),
        "precision": rate(tp, tp + fp),
        "recall": rate(tp, tp + fn),
        "f1": round(2 * tp / max(1, 2 * tp + fp + fn), 6),
        **_free_of_a_threshold(labels, probabilities),
        "brier": round(float(metrics.brier_score_loss(labels, probabilities)), 6),
        "confusion": {"true_ai": tp, "false_ai": fp, "false_human": fn, "true_human": tn},
        "expected_calibration_error": round(expected_calibration_error(labels, probabilities), 6),
        "uncertain": rate(int((~likely_ai & ~likely_human).sum()), len(labels)),
        "false_likely_ai": rate(int((likely_ai & ~ai).sum()), int((~ai).sum())),
        "false_likely_human": rate(int((likely_human & ai).sum()), int(ai.sum())),
    }


def _free_of_a_threshold(labels: Labels, scores: Floats) -> dict[str, float | None]:
    both = 0 < labels.sum() < len(labels)
    return {
        "roc_auc": round(roc_auc(labels, scores), 6) if both else None,
        "average_precision": round(float(metrics.average_precision_score(labels, scores)), 6) if both else None,
        "tpr_at_1_fpr": round(tpr_at_fpr(labels, scores, 0.01), 6) if both else None,
        "tpr_at_5_fpr": round(tpr_at_fpr(labels, scores, 0.05), 6) if both else None,
    }


def by_class(labels: Labels, probabilities: Floats) -> dict[str, dict[str, float]]:
    """Precision, recall, F1 and support at the 0.5 point of `human` and `ai`, and their `macro avg` and `weighted avg`:
    scikit-learn's classification report.
    """
    report: dict[str, Any] = metrics.classification_report(
        labels, probabilities >= 0.5, labels=[0, 1], target_names=CLASSES, output_dict=True, zero_division=0
    )
    rows = {name: report[name] for name in (*CLASSES, "macro avg", "weighted avg")}
    return {name: {key: round(float(value), 6) for key, value in row.items()} for name, row in rows.items()}


def roc_auc(labels: Labels, scores: Floats) -> float:
    """The chance that an AI image scores above a human one, ties counting half (Mann & Whitney 1947)."""
    return float(metrics.roc_auc_score(labels, scores))


def tpr_at_fpr(labels: Labels, scores: Floats, fpr: float) -> float:
    """The greatest share of AI images found by a threshold that calls at most a share `fpr` of human images AI."""
    false, true, _ = metrics.roc_curve(labels, scores, drop_intermediate=False)
    return float(true[false <= fpr].max())


def expected_calibration_error(labels: Labels, probabilities: Floats, *, bins: int = BINS) -> float:
    """Mean gap between probability and share of AI over equal-width bins (Naeini et al., AAAI 2015)."""
    bin_of = np.minimum((probabilities * bins).astype(int), bins - 1)
    gaps = np.bincount(bin_of, weights=probabilities - labels, minlength=bins)
    return float(np.abs(gaps).sum() / len(labels))


def rate(hits: int, n: int) -> dict[str, float]:
    """A share with its 95 % interval; 0 of 0 is a share of 0 about which nothing is known."""
    low, high = wilson(hits, n)
    return {
        "value": round(hits / n, 6) if n else 0.0,
        "low": round(low, 6),
        "high": round(high, 6),
        "n": n,
    }


def table(columns: dict[str, dict[str, Any]]) -> str:
    """Figures side by side, one column for each measured set."""
    lines = [f"{'':28}" + "".join(f"{name:>30}" for name in columns)]
    for figure in next(iter(columns.values())):
        cells = "".join(f"{_cell(measured[figure]):>30}" for measured in columns.values())
        lines.append(f"{figure.replace('_', ' '):28}{cells}")
    return "\n".join(lines)


def _cell(figure: Any) -> str:
    if figure is None:
        return "–"
    if isinstance(figure, int):
        return f"{figure:,}"
    if isinstance(figure, float):
        return f"{figure:.4f}"
    if "value" in figure:
        return f"{figure['value']:.2%} ({figure['low']:.2%} to {figure['high']:.2%})"
    return "  ".join(f"{count:,}" for count in figure.values())
