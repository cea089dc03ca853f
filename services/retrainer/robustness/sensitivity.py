"""How blur, noise, colour and a watermark move score and map, and how two detectors differ.

After AI-art-vs-non-AI-art, which showed eleven pictures plain and altered and judged them with two networks.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image

from services.retrainer.data.samples import AI, HUMAN, Dataset
from services.retrainer.robustness.choose import some
from services.retrainer.robustness.degrade import ALTERATIONS
from services.retrainer.robustness.detector import Detector, Map, whole
from services.retrainer.robustness.draws import Draws
from services.retrainer.robustness.suits import Case, cases
from services.retrainer.robustness.sweep import Judged, judged
from services.retrainer.statistics.bootstrap import Interval, Values, interval

SHOWN = 11
"""Pictures on the contact sheet, as in the study that this follows."""

NAMES = ("plain", *(alteration.name for alteration in ALTERATIONS))


@dataclass(frozen=True, kw_only=True, slots=True)
class Move:
    """What an alteration does to a detector: mean move of the scores of `human` and of `ai` pictures; `size`, the mean
    move without its sign; `flips`, the share of verdicts that change; `map`, the mean correlation of the map with the
    plain picture's, None without a map.
    """

    detector: str
    alteration: str
    human: Interval
    ai: Interval
    size: Interval
    flips: Interval
    map: Interval | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Difference:
    """Two detectors on the same pictures: on different `sides` of 0.5, and with `opposite` verdicts."""

    alteration: str
    sides: Interval
    opposite: Interval


@dataclass(frozen=True, kw_only=True, slots=True)
class Sensitivity:
    """Of one or two `detectors`; `differences` and `cases` are empty for one. `rows` are on the contact sheet."""

    detectors: Sequence[Detector]
    base: str
    pictures: int
    moves: Sequence[Move]
    differences: Sequence[Difference]
    cases: Sequence[Case]
    rows: Sequence[Judged]


def measure(
    detectors: Sequence[Detector], dataset: Dataset, *, base: str = "matched", shown: int = SHOWN, seed: int = 0
) -> Sensitivity:
    """Judge every picture plain and altered with one or two detectors; `shown` of them come on the contact sheet."""
    probabilities, likeness = np.empty((2, len(NAMES), len(detectors), len(dataset)))
    sides = np.empty(len(dataset), np.int64)
    place_of = {sample.name: place for place, sample in enumerate(some(dataset, shown, seed=seed).samples)}
    rows = []
    for column, each in enumerate(judged(detectors, dataset, ALTERATIONS, base=base, seed=seed)):
        sides[column] = min(each.images[0].size)
        for index, scored in enumerate(each.scored):
            probabilities[:, index, column] = scored.probabilities
            likeness[:, index, column] = _likeness(scored.maps)
        if each.sample.name in place_of:
            rows.append(each)
    draws = Draws.of(dataset.owners, dataset.labels, seed=seed)
    scores = dict(zip(NAMES, probabilities, strict=True))
    two = len(detectors) == 2
    return Sensitivity(
        detectors=detectors,
        base=base,
        pictures=len(dataset),
        moves=[
            _move(detector, name, probabilities[[0, row], index], likeness[row, index], draws)
            for index, detector in enumerate(detectors)
            for row, name in list(enumerate(NAMES))[1:]
        ],
        differences=[_difference(detectors, name, scores[name], draws) for name in NAMES] if two else [],
        cases=cases([detector.name for detector in detectors], dataset, sides, scores, draws) if two else [],
        rows=sorted(rows, key=lambda each: place_of[each.sample.name]),
    )


def _likeness(maps: Sequence[Map] | None) -> Values:
    """Pearson's correlation of each map with the first, [D]; nan without a map, or where one is flat."""
    if maps is None:
        return np.full(len(NAMES), np.nan)
    height, width = maps[0].shape
    flat = [_resized(whole(evidence), width, height).ravel() for evidence in maps]
    with np.errstate(invalid="ignore", divide="ignore"):
        likeness: Values = np.atleast_2d(np.corrcoef(np.stack(flat).astype(np.float64)))[0]
    return likeness


def _resized(evidence: Map, width: int, height: int) -> Map:
    return np.asarray(Image.fromarray(evidence).resize((width, height), Image.Resampling.BILINEAR), np.float32)


def _move(detector: Detector, name: str, scores: Values, likeness: Values, draws: Draws) -> Move:
    """`scores` [2, N], plain and altered; `likeness` [N] of the maps."""
    moved = scores[1] - scores[0]
    before, after = detector.verdicts(scores)
    known = np.isfinite(likeness)
    return Move(
        detector=detector.name,
        alteration=name,
        human=interval(draws.mean(moved, draws.labels == HUMAN)),
        ai=interval(draws.mean(moved, draws.labels == AI)),
        size=interval(draws.mean(np.abs(moved))),
        flips=interval(draws.mean(before != after)),
        map=interval(draws.mean(likeness, known)) if known.any() else None,
    )


def _difference(detectors: Sequence[Detector], name: str, scores: Values, draws: Draws) -> Difference:
    """`scores` [2, N] of the two detectors."""
    first, second = (detector.verdicts(row) for detector, row in zip(detectors, scores, strict=True))
    above = scores >= 0.5
    return Difference(
        alteration=name,
        sides=interval(draws.mean(above[0] != above[1])),
        opposite=interval(draws.mean(first * second == -1)),
    )
