"""From labelled embeddings to a candidate: head, calibration, figures and card, staged as a version directory."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from services.retrainer.domains.retrained import Retrained
from services.retrainer.evaluation.groups import accusation_rate, rate_of
from services.retrainer.statistics.bootstrap import resamples
from services.retrainer.statistics.metrics import measure
from services.retrainer.teaching.bounded import LEAST, likely_ai
from services.retrainer.teaching.head_fit import HeadRecipe, Heard, fit_head
from services.retrainer.teaching.lessons import Lessons, Pool
from services.retrainer.teaching.recalibrate import recalibrated
from services.retrainer.versions.embedded import PLAIN, Embedded
from services.retrainer.versions.owner_folds import owner_folds
from services.retrainer.versions.stage import GUARD, Change, Head, read_set, stage
from shared.domain.job import Lane
from shared.domain.model_card import CalibrationTable, ModelCard
from shared.domain.verdict import Thresholds
from shared.scoring.calibration import probability
from shared.scoring.records import Records

BOUNDED = (
    "likely_human the champion's; likely_ai where it takes no more of gold's human pictures, out of fold, than the "
    f"champion's does or {LEAST}"
)
KEPT = "the champion's: gold of too few owners"
"""How the thresholds were come by."""

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
    travels: NDArray[np.bool_],
    training: Mapping[str, Any],
    guard: Embedded | None = None,
    telling: Retrained | None = None,
) -> Path:
    """A candidate for the place of `champion`, complete and unsigned, of the files of `parent` (the champion itself, or
    a network made of it) and what was fitted on `gold`.

    `known` are the champion's logits for `gold`, float32 [N]; of its rows those that `travels` go with the version.
    Without a `guard` the champion's goes on, byte for byte. `telling` are its domains; none go with a head that could
    not be scored on owners left out, and then the card states no rate of false accusations either: on the guard, whose
    owners the network below the head knows, it would seem to be a fraction of what it is.
    """
    card = _card(champion)
    table, how = card.calibration, "the champion's: gold of too few owners"
    thresholds, begun = card.thresholds, KEPT
    if fitted.left_out:
        table, how = recalibrated(gold, known, fitted.scored, card.calibration)
        thresholds, begun = _bounded(gold, known, fitted.scored, table, card)
    judged = read_set(champion, GUARD) if guard is None else guard
    metrics = {} if judged is None else measured(judged, fitted.head, table, thresholds)
    network = _card(parent).document["training"]["network"]
    told = {**training, "parent": card.version, "calibrated": how, "thresholds": begun, "network": network}
    limits = _limits(_card(parent), card.version)
    changed: dict[str, Any] = {
        "calibration": table.document(),
        "thresholds": thresholds.document(),
        "metrics": metrics,
        "training": told,
        "limits": limits,
        "false_accusation_rate": {},
    }
    domains = None
    if telling is not None and fitted.left_out:
        made = telling.file(
            _probabilities(telling.gold, telling.before, card.calibration),
            _probabilities(telling.gold, telling.after, table),
        )
        domains = made.content()
        changed["domains"] = telling.chapter(made, thresholds, judged)
        changed["false_accusation_rate"] = _accused(made.domains.records, thresholds)
    elif "domains" in card.document:
        changed["domains"] = {}
    change = Change(
        version=version, head=fitted.head, gold=gold.rows(travels), guard=guard, domains=domains, card=changed,
        metrics=metrics,
    )  # fmt: skip
    return stage(parent, out, change)


def _bounded(
    gold: Embedded, known: NDArray[np.float32], scored: NDArray[np.float32], table: CalibrationTable, card: ModelCard
) -> tuple[Thresholds, str]:
    """The champion's `likely_human`, and `likely_ai` by what the champion accuses of gold's human-made pictures; with a
    word on how, and on how many pictures it rests.
    """
    human = gold.labels == 0
    before = _probabilities(gold.rows(human), known[human], card.calibration)
    after = _probabilities(gold.rows(human), scored[human], table)
    accused = float((before >= card.thresholds.likely_ai).mean())
    pictures = gold.pictures[human]
    count = len(np.unique(pictures))
    begins = round(likely_ai(after, accused=accused, pictures=count), 3)
    above = len(np.unique(pictures[after >= begins]))
    return replace(card.thresholds, likely_ai=begins), f"{BOUNDED}; it rests on the {above} of {count} that lie above"


def _probabilities(rows: Embedded, logits: NDArray[np.float32], table: CalibrationTable) -> NDArray[np.float64]:
    """Of views, float64 [N], from their logits."""
    fits = [table.of(Lane(lane), int(side)) for lane, side in zip(rows.lanes, rows.short_sides, strict=True)]
    return np.array([float(probability(logit, fit)) for logit, fit in zip(logits, fits, strict=True)])


def measured(guard: Embedded, head: Head, table: CalibrationTable, thresholds: Thresholds) -> dict[str, Any]:
    """Figures on the plain views of `guard`, by lane: pictures that never trained, of sources that did."""
    found = {}
    for lane in Lane:
        rows = guard.rows((guard.lanes == lane.value) & (guard.cells == PLAIN))
        if len(rows):
            each = _probabilities(rows, head(rows.vectors), table)
            human, said = rows.labels == 0, each >= thresholds.likely_ai
            rate = rate_of(said, human, resamples(rows.owners, rows.labels))
            found[f"guard, {lane.value}"] = {
                **measure(rows.labels, each, thresholds),
                "false_likely_ai": accusation_rate(rate, human, rows.owners),
            }
    return found


def _accused(records: Records, thresholds: Thresholds) -> dict[str, Any]:
    """The card's rate of false accusations, in the lane where they are most; nothing of no pictures."""
    worst = max((records.of(lane, None, thresholds.likely_ai) for lane in Lane), key=lambda record: record.rate)
    if not worst.images:
        return {}
    share = {"value": worst.rate, "low": worst.low, "high": worst.high}
    return {**{name: round(number, 6) for name, number in share.items()}, "n": worst.images, "owners": worst.owners}


def _limits(card: ModelCard, parent: str) -> list[str]:
    """Those of the version that it was first made as, and that their figures are that one's."""
    limits = list(card.document.get("limits", ()))
    if any(limit.startswith(RETRAINED) for limit in limits):
        return limits
    return [*limits, f"{RETRAINED}: the figures in these lines were measured on {parent}, which it was made of."]


def _card(directory: Path) -> ModelCard:
    return ModelCard.from_document(json.loads((directory / "card.json").read_text(encoding="utf-8")))
