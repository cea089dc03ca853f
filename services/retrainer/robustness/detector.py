"""What is judged: anything that turns pictures into scores, a network in training or a version on disk."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from shared.domain.job import Lane
from shared.domain.model_card import ModelCard
from shared.domain.verdict import Thresholds, Verdict, decide
from shared.imaging.prepare import prepare
from shared.scoring.picture import Picture, Score, judge
from shared.scoring.session import Model

Map = NDArray[np.float32]

Infer = Callable[[NDArray[np.uint8]], tuple[NDArray[np.float32], NDArray[np.float32] | None]]
"""`pixels` uint8 [N, H, W, 3] to logits float32 [N] and maps float32 [N, h, w], or None."""


Cam = Callable[[NDArray[np.uint8]], NDArray[np.float32]]
"""`pixels` uint8 [N, H, W, 3] to maps float32 [N, h, w]."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Scored:
    """Of N pictures: `logits` float32 [N], calibrated `probabilities` float64 [N], and `maps`, a float32 [h, w] each
    that lies over the whole picture (above 0 leans AI, NaN where it did not look), or None where the detector draws
    none.
    """

    logits: NDArray[np.float32]
    probabilities: NDArray[np.float64]
    maps: Sequence[Map] | None = None


WORDS = {Verdict.LIKELY_HUMAN: "likely human", Verdict.UNCERTAIN: "uncertain", Verdict.LIKELY_AI: "likely AI"}

Scorer = Callable[[Sequence[Image.Image]], Scored]


@dataclass(frozen=True, kw_only=True, slots=True)
class Detector:
    """A scorer of RGB pictures, with the name it has in a report and the thresholds of its verdicts.

    `by_cam`: it draws no map itself, its maps are Grad-CAM's.
    """

    name: str
    score: Scorer
    thresholds: Thresholds = field(default_factory=Thresholds)
    by_cam: bool = False

    def verdict(self, probability: float) -> Verdict:
        """By the score alone: what the card says of sizes outside its range would hide every flip."""
        return decide(probability, self.thresholds)

    def words(self, probability: float) -> str:
        """97 % AI, likely AI."""
        return f"{100 * probability:.0f} % AI, {WORDS[self.verdict(probability)]}"

    def verdicts(self, probabilities: NDArray[np.float64]) -> NDArray[np.int8]:
        """int8 of the same shape: -1 likely human, 0 uncertain, 1 likely AI."""
        likely_ai = probabilities >= self.thresholds.likely_ai
        likely_human = probabilities <= self.thresholds.likely_human
        return likely_ai.astype(np.int8) - likely_human.astype(np.int8)


def of_model(
    model: Model, *, name: str | None = None, lane: Lane = Lane.INTERACTIVE, cam: Cam | None = None
) -> Detector:
    """A version on disk, as a worker uses it in that lane; `cam` draws its maps where it draws none."""

    def infer(pixels: NDArray[np.uint8]) -> tuple[NDArray[np.float32], NDArray[np.float32] | None]:
        scores = model.score(pixels)
        return scores.logits, cam(pixels) if cam and scores.maps is None else scores.maps

    made = of_inference(infer, model.card, name=name, lane=lane)
    return replace(made, by_cam=cam is not None and not model.draws_maps)


def of_inference(infer: Infer, card: ModelCard, *, name: str | None = None, lane: Lane = Lane.INTERACTIVE) -> Detector:
    """Whatever scores tiles as the card's input says: a network in training, for one."""

    def score(images: Sequence[Image.Image]) -> Scored:
        scores = [_judged(infer, image, card, lane) for image in images]
        maps = [score.evidence for score in scores if score.evidence is not None]
        return Scored(
            logits=np.array([score.logit for score in scores], np.float32),
            probabilities=np.array([score.probability for score in scores], np.float64),
            maps=maps or None,
        )

    return Detector(name=name or f"{card.name} {card.version}", score=score, thresholds=card.thresholds)


def _judged(infer: Infer, image: Image.Image, card: ModelCard, lane: Lane) -> Score:
    """One picture an inference: what is batched or not must not move a score."""
    pixels = prepare(image, card.input, lane)
    return judge(Picture(pixels=pixels, width=image.width, height=image.height, lane=lane), *infer(pixels), card=card)


def remark(detectors: Sequence[Detector]) -> str:
    """Whose maps are Grad-CAM's; nothing where each draws its own or none."""
    named = " and ".join(detector.name for detector in detectors if detector.by_cam)
    if not named:
        return ""
    return (
        f"The maps of {named} are Grad-CAM's (arXiv 1610.02391), for the network draws none: they show where the last "
        "feature map speaks for a class, and their cells do not add up to the logit."
    )


def whole(evidence: Map) -> Map:
    """A map with its median where no tile looked: it says nothing of what it did not see."""
    return np.where(np.isnan(evidence), np.nanmedian(evidence), evidence)
