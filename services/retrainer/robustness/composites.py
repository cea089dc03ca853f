"""Does a score move, and does the map point, when part of a photograph is not a photograph?"""

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np

from services.retrainer.data.samples import Dataset
from services.retrainer.robustness.compose import CONTROLS, DIRECTIONS, EDGES, Composite, composites
from services.retrainer.robustness.detector import Detector, Scored
from services.retrainer.robustness.draws import Draws
from services.retrainer.robustness.localise import Found, found
from services.retrainer.statistics.bootstrap import Interval, Values, interval

SHOWN = 3
"""Composites of each direction that are kept to be shown."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Localisation:
    """Of the map on the pasted pictures; each `null` is the same map on the unpasted picture, judged by the same mask,
    and `gain` the difference of the AUROCs, on the same draws.
    """

    auroc: Interval
    auroc_null: Interval
    gain: Interval
    iou: Interval
    iou_null: Interval
    iou_ceiling: Interval
    pointed: Interval
    pointed_null: Interval


@dataclass(frozen=True, kw_only=True, slots=True)
class Group:
    """Composites of one direction and edge; `area` is the patch's mean share of the picture.

    `moved`: the logit's mean move towards the patch's class; `followed`: the share of pictures whose logit moved so.
    `likely_ai` is the share with that verdict once pasted. `localisation` is None without a map.
    """

    direction: str
    edge: str
    pictures: int
    owners: int
    area: float
    moved: Interval
    followed: Interval
    likely_ai: Interval
    likely_ai_unpasted: Interval
    localisation: Localisation | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Composites:
    """`examples` are composites to be shown, with the scores of unpasted and pasted."""

    detector: Detector
    base: str
    groups: Sequence[Group]
    examples: Sequence[tuple[Composite, Scored]]


@dataclass(frozen=True, kw_only=True, slots=True)
class _Pair:
    """What is kept of a composite once its pixels are gone; `likely_ai` and `found` of unpasted and pasted."""

    direction: str
    edge: str
    owner: str
    area: float
    moved: float
    likely_ai: Sequence[bool]
    found: Sequence[Found] | None


def measure(
    detector: Detector, dataset: Dataset, *, count: int = 100, base: str = "matched", seed: int = 0
) -> Composites:
    """`count` composites of each direction: the detector's scores, and its map where it draws one.

    Raises ConfigurationError where the data set lacks photographs of two owners of a class.
    """
    pairs: list[_Pair] = []
    examples: list[tuple[Composite, Scored]] = []
    for composite in composites(dataset, count=count, base=base, seed=seed):
        scored = detector.score([composite.plain, composite.pasted])
        pairs.append(_pair(detector, composite, scored))
        shown = sum(other.direction == composite.direction for other, _ in examples)
        if shown < SHOWN and composite.direction not in CONTROLS:
            examples.append((composite, scored))
    grouped = [
        [pair for pair in pairs if (pair.direction, pair.edge) == (direction.name, edge)]
        for direction in DIRECTIONS
        for edge in EDGES
    ]
    groups = [_group(chosen, seed) for chosen in grouped if chosen]
    return Composites(detector=detector, base=base, groups=groups, examples=examples)


def _pair(detector: Detector, composite: Composite, scored: Scored) -> _Pair:
    sign = composite.direction.sign
    return _Pair(
        direction=composite.direction.name,
        edge=composite.edge,
        owner=composite.owner,
        area=float(composite.mask.mean()),
        moved=sign * float(scored.logits[1] - scored.logits[0]),
        likely_ai=(detector.verdicts(scored.probabilities) == 1).tolist(),
        found=[found(sign * evidence, composite.mask) for evidence in scored.maps] if scored.maps else None,
    )


def _group(pairs: Sequence[_Pair], seed: int) -> Group:
    owners = np.array([pair.owner for pair in pairs], np.str_)
    draws = Draws.of(owners, np.zeros(len(pairs), np.uint8), seed=seed)
    moved = np.array([pair.moved for pair in pairs])
    unpasted, pasted = np.array([pair.likely_ai for pair in pairs]).T
    return Group(
        direction=pairs[0].direction,
        edge=pairs[0].edge,
        pictures=len(pairs),
        owners=len(set(owners)),
        area=float(np.mean([pair.area for pair in pairs])),
        moved=interval(draws.mean(moved)),
        followed=interval(draws.mean(moved > 0)),
        likely_ai=interval(draws.mean(pasted)),
        likely_ai_unpasted=interval(draws.mean(unpasted)),
        localisation=_localisation([pair.found for pair in pairs if pair.found], draws),
    )


def _localisation(found: Sequence[Sequence[Found]], draws: Draws) -> Localisation | None:
    """`found` of each picture, unpasted and pasted."""
    if not found:
        return None
    null, pasted = (_means([each[side] for each in found], draws) for side in (0, 1))
    return Localisation(
        auroc=interval(pasted["auroc"]),
        auroc_null=interval(null["auroc"]),
        gain=interval(pasted["auroc"] - null["auroc"]),
        iou=interval(pasted["iou"]),
        iou_null=interval(null["iou"]),
        iou_ceiling=interval(pasted["ceiling"]),
        pointed=interval(pasted["pointed"]),
        pointed_null=interval(null["pointed"]),
    )


def _means(found: Sequence[Found], draws: Draws) -> dict[str, Values]:
    """By figure, one value for each draw."""
    names = [figure.name for figure in fields(Found)]
    return {name: draws.mean(np.array([getattr(each, name) for each in found])) for name in names}
