"""What was judged in a few lines of plain text, for a terminal and for the head of a page."""

from collections.abc import Sequence

from services.retrainer.evaluation.judgement import Judgement
from services.retrainer.pages.figures import NUMBER, SHARE, text

FIGURES = {
    "roc_auc": ("ROC AUC", NUMBER),
    "roc_auc_by_owner": ("ROC AUC, every owner weighing the same", NUMBER),
    "average_precision": ("average precision", NUMBER),
    "tpr_at_1_fpr": ("AI images found at 1 % false alarms", SHARE),
    "tpr_at_5_fpr": ("AI images found at 5 % false alarms", SHARE),
    "balanced_accuracy": ("balanced accuracy at 0.5", SHARE),
    "accuracy": ("accuracy at 0.5", SHARE),
    "brier": ("Brier score", NUMBER),
}
"""What each figure is called, and how it is written."""

_VERDICTS = {"human_likely_ai": "human images called likely AI", "ai_likely_ai": "AI images called likely AI"}


def lead(judgement: Judgement) -> str:
    """What was judged, in a sentence or two."""
    counted = judgement.document()
    images, owners = counted["images"], counted["owners"]
    return (
        f"{images['human']:,} human images of {_many(owners['human'], 'owner')} and {images['ai']:,} AI images of "
        f"{_many(owners['ai'], 'owner')}, seen in the {judgement.view} view. Intervals are of 95 % and draw owners "
        "anew, not images: one photographer's pictures are no independent witnesses."
    )


def warnings(judgements: Sequence[Judgement]) -> list[str]:
    """Of all views, each once."""
    return list(dict.fromkeys(warning for judgement in judgements for warning in judgement.warnings))


def summary(judgements: Sequence[Judgement]) -> tuple[list[str], list[list[str]]]:
    """Heads and rows of the figures."""
    rows = [
        [called, *(text(judgement.figures[name], form) for judgement in judgements)]
        for name, (called, form) in FIGURES.items()
        if name in judgements[0].figures
    ]
    for name, called in _VERDICTS.items():
        rows.append([called, *(text(judgement.verdicts[name], SHARE) for judgement in judgements)])
    for place, null in enumerate(judgements[0].nulls):
        rows.append([f"null: {null.name}", *(text(judgement.nulls[place].roc_auc) for judgement in judgements)])
    return ["", *(f"{judgement.view} view" for judgement in judgements)], rows


def _many(count: int, noun: str) -> str:
    return f"{count:,} {noun}" + ("" if count == 1 else "s")
