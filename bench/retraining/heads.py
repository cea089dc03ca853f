"""The model of the loop: a linear head on embeddings, calibrated out of fold, with thresholds of its own."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from services.retrainer.gate import GuardReport
from services.retrainer.gate.report import COLUMNS
from services.retrainer.statistics.calibrate import calibrate
from services.retrainer.teaching.bounded import ACCUSED, likely_ai
from services.retrainer.versions.embedded import Embedded
from shared.domain.model_card import Calibration
from shared.domain.verdict import Thresholds
from shared.scoring.calibration import probability

Floats = NDArray[np.float64]

RIDGE = 10.0
FOLDS = 2
PSEUDO_SHARE = 0.2
"""Of the weight of everything a head learns from: gold keeps the rest."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Lessons:
    """`vectors` float [N, D]; `targets` float64 [N], the probability of AI that is taught; `weights` float64 [N]."""

    vectors: NDArray[np.floating]
    targets: Floats
    weights: Floats

    @classmethod
    def of(cls, vectors: NDArray[np.floating], targets: NDArray[np.generic]) -> "Lessons":
        """All weighing the same."""
        return cls(vectors=vectors, targets=targets.astype(np.float64), weights=np.ones(len(targets)))

    @classmethod
    def joined(cls, parts: Sequence["Lessons"]) -> "Lessons":
        return cls(
            vectors=np.concatenate([part.vectors for part in parts]),
            targets=np.concatenate([part.targets for part in parts]),
            weights=np.concatenate([part.weights for part in parts]),
        )

    def rows(self, chosen: NDArray[np.bool_]) -> "Lessons":
        return Lessons(vectors=self.vectors[chosen], targets=self.targets[chosen], weights=self.weights[chosen])

    def bounded(self, gold: float, share: float = PSEUDO_SHARE) -> "Lessons":
        """With weights made smaller where they are more than `share` of all beside a weight of `gold`."""
        most = gold * share / (1 - share)
        return Lessons(
            vectors=self.vectors, targets=self.targets,
            weights=self.weights * min(1.0, most / max(self.weights.sum(), 1e-12)),
        )  # fmt: skip


@dataclass(frozen=True, kw_only=True, slots=True)
class Head:
    """`weight` float64 [D] and `bias` give the logit of a vector."""

    weight: Floats
    bias: float
    calibration: Calibration
    thresholds: Thresholds

    def logits(self, vectors: NDArray[np.floating]) -> Floats:
        logits: Floats = vectors.astype(np.float64) @ self.weight + self.bias
        return logits

    def probabilities(self, vectors: NDArray[np.floating]) -> Floats:
        return probability(self.logits(vectors), self.calibration)

    def report(self, guard: Embedded, version: str) -> GuardReport:
        """What it says of the guard set; all heads cost the same."""
        return GuardReport(
            version=version,
            probabilities=self.probabilities(guard.vectors),
            thresholds=self.thresholds,
            latency_ms=1.0,
            size_bytes=self.weight.nbytes,
            **{name: getattr(guard, name) for name in COLUMNS},
        )


def trained(
    gold: Lessons,
    harvest: Lessons | None = None,
    *,
    truth: Lessons | None = None,
    champion: Head | None = None,
    bounded: bool = False,
    seed: int = 0,
) -> Head:
    """A head fitted to `gold` and `harvest`; calibration and thresholds come from what heads of two folds say of
    `truth`, gold unless given, that the other fold's gold taught.

    Without a `champion`, `likely_ai` is 0.8 or, where that is higher, what takes at most ACCUSED of those human
    pictures. With one, its thresholds are kept; or, `bounded`, what takes no more of them than it does, or LEAST.
    """
    truth = truth or gold
    fold = np.random.default_rng(seed).integers(0, FOLDS, len(gold.targets))
    out_of_fold = np.empty(len(gold.targets))
    for number in range(FOLDS):
        out_of_fold[fold == number] = _applied(
            _fit(_with(gold.rows(fold != number), harvest)), truth.vectors[fold == number]
        )
    labels = (truth.targets >= 0.5).astype(np.uint8)
    calibration = calibrate(out_of_fold, labels)
    human = labels == 0
    accused = ACCUSED
    if champion is not None and bounded:
        accused = float((champion.probabilities(truth.vectors[human]) >= champion.thresholds.likely_ai).mean())
    begins = likely_ai(probability(out_of_fold, calibration)[human], accused=accused, pictures=int(human.sum()))
    own = Thresholds(likely_human=0.2, likely_ai=begins)
    thresholds = own if champion is None or bounded else champion.thresholds
    weight, bias = _fit(_with(gold, harvest))
    return Head(weight=weight, bias=bias, calibration=calibration, thresholds=thresholds)


def _with(gold: Lessons, harvest: Lessons | None) -> Lessons:
    return gold if harvest is None or not len(harvest.targets) else Lessons.joined([gold, harvest])


def _applied(head: tuple[Floats, float], vectors: NDArray[np.floating]) -> Floats:
    logits: Floats = vectors @ head[0] + head[1]
    return logits


def _fit(lessons: Lessons, *, steps: int = 12) -> tuple[Floats, float]:
    """Logistic regression of soft targets on standardised inputs with a ridge, by Newton's method; both classes weigh
    the same.
    """
    mean, scale = lessons.vectors.mean(0), lessons.vectors.std(0) + 1e-6
    inputs = np.column_stack([(lessons.vectors - mean) / scale, np.ones(len(lessons.targets))]).astype(np.float64)
    ai = float(lessons.weights @ lessons.targets)
    human = float(lessons.weights.sum()) - ai
    even = lessons.weights * (lessons.targets / ai + (1 - lessons.targets) / human) * (ai + human) / 2
    ridge = np.full(inputs.shape[1], RIDGE)
    ridge[-1] = 1e-6
    found = np.zeros(inputs.shape[1])
    for _ in range(steps):
        said = probability(inputs @ found, Calibration())
        slope = inputs.T @ (even * (said - lessons.targets)) + ridge * found
        curvature = (inputs * (even * said * (1 - said))[:, None]).T @ inputs + np.diag(ridge)
        step = np.linalg.solve(curvature, slope)
        found -= step
        if np.abs(step).max() < 1e-6:
            break
    weight = found[:-1] / scale
    return weight, float(found[-1] - weight @ mean)
