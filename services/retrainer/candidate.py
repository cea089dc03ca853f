"""From labelled embeddings to a candidate: head, calibration, figures and card, staged as a version directory."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from services.retrainer.embedded import PLAIN, Embedded
from services.retrainer.evaluation.metrics import measure
from services.retrainer.head_fit import HeadRecipe, Heard, fit_head
from services.retrainer.recalibrate import owner_folds, recalibrated
from services.retrainer.stage import GUARD, Change, Head, read_set, stage
from services.retrainer.teaching import Lessons, Pool
from shared.domain.job import Lane
from shared.domain.model_card import CalibrationTable, ModelCard
from shared.scoring.calibration import probability

THRESHOLDS = "the champion's: it was trained on the gold, whose few false alarms would make bolder ones"
"""Why they are kept."""

RETRAINED = "It was retrained in an installation"
"""So begins the limit that says so."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Fitted:
    """A head, and of each row of gold its logit by a head that never saw its owner, float32 [N].

    `left_out` is false where there were too few owners for that.
    """

    head: Head
    scored: NDArray[np.float32]
    left_out: bool


def fit(
    vectors: NDArray[np.float32],
    lessons: Lessons,
    gold: Embedded,
    *,
    champion: Head,
    recipe: HeadRecipe,
    work: Path,
    heard: Callable[[int, int], Heard],
) -> Fitted:
    """The head trained on all `lessons`, and one for each fold of owners left out.

    `gold` are the rows of `vectors` that are no pseudo-labels. `heard` gives who hears of a part, from its number and
    how many there are.
    """
    fold = owner_folds(gold)
    parts = 1 if fold is None else 2 + int(fold.max())
    head = fit_head(vectors, lessons, champion, recipe, checkpoint=work / "head.pt", heard=heard(0, parts))
    scored = head(gold.vectors)
    rows = np.flatnonzero(lessons.pools != Pool.PSEUDO)
    for part in range(parts - 1):
        assert fold is not None
        seen = np.ones(len(lessons), np.bool_)
        seen[rows[fold == part]] = False
        other = fit_head(
            vectors[seen], lessons.of(seen), champion, recipe, checkpoint=work / f"head-without-{part}.pt",
            heard=heard(part + 1, parts),
        )  # fmt: skip
        scored[fold == part] = other(gold.vectors[fold == part])
    return Fitted(head=head, scored=scored, left_out=fold is not None)


def staged(
    parent: Path,
    out: Path,
    champion: Path,
    fitted: Fitted,
    *,
    version: str,
    gold: Embedded,
    known: NDArray[np.float32],
    training: Mapping[str, Any],
    guard: Embedded | None = None,
) -> Path:
    """A candidate for the place of `champion`, complete and unsigned, of the files of `parent` (the champion itself, or
    a network made of it) and what was fitted on `gold`.

    `known` are the champion's logits for `gold`, float32 [N]. Without a `guard` the champion's goes on, byte for byte.
    """
    card = _card(champion)
    table, how = card.calibration, "the champion's: gold of too few owners"
    if fitted.left_out:
        table, how = recalibrated(gold, known, fitted.scored, card.calibration)
    judged = read_set(champion, GUARD) if guard is None else guard
    metrics = {} if judged is None else measured(judged, fitted.head, table, card)
    network = _card(parent).document["training"]["network"]
    told = {**training, "parent": card.version, "calibrated": how, "thresholds": THRESHOLDS, "network": network}
    limits = _limits(_card(parent), card.version)
    changed: dict[str, Any] = {"calibration": table.document(), "metrics": metrics, "training": told, "limits": limits}
    if metrics:
        rates = [found["false_likely_ai"] for found in metrics.values()]
        changed["false_accusation_rate"] = max(rates, key=lambda found: found["value"])
    change = Change(version=version, head=fitted.head, gold=gold, guard=guard, card=changed, metrics=metrics)
    return stage(parent, out, change)


def measured(guard: Embedded, head: Head, table: CalibrationTable, card: ModelCard) -> dict[str, Any]:
    """Figures on the plain views of `guard`, by lane: pictures that never trained, of sources that did."""
    found = {}
    for lane in Lane:
        rows = guard.rows((guard.lanes == lane.value) & (guard.cells == PLAIN))
        if len(rows):
            logits = head(rows.vectors)
            fits = [table.of(lane, int(side)) for side in rows.short_sides]
            each = [float(probability(logits[row], fit)) for row, fit in enumerate(fits)]
            found[f"guard, {lane.value}"] = measure(rows.labels, np.array(each), card.thresholds)
    return found


def _limits(card: ModelCard, parent: str) -> list[str]:
    """Those of the version that it was first made as, and that their figures are that one's."""
    limits = list(card.document.get("limits", ()))
    if any(limit.startswith(RETRAINED) for limit in limits):
        return limits
    return [*limits, f"{RETRAINED}: the figures in these lines were measured on {parent}, which it was made of."]


def _card(directory: Path) -> ModelCard:
    return ModelCard.from_document(json.loads((directory / "card.json").read_text(encoding="utf-8")))
