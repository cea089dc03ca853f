"""Every picture under every degradation, before every detector: decoded and degraded once, whoever judges."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from services.retrainer.data.pictures import picture
from services.retrainer.data.samples import Dataset, Sample
from services.retrainer.robustness.bases import BASES
from services.retrainer.robustness.degrade import Degradation
from services.retrainer.robustness.detector import Detector, Scored

CLEAN = Degradation(name="clean", says="as it is", apply=lambda image, _: image)


@dataclass(frozen=True, kw_only=True, slots=True)
class Judged:
    """One picture: `images`, clean and under each degradation, and what each detector says of all of them."""

    sample: Sample
    images: Sequence[Image.Image]
    scored: Sequence[Scored]


def judged(
    detectors: Sequence[Detector], dataset: Dataset, degradations: Sequence[Degradation], *, base: str, seed: int = 0
) -> Iterator[Judged]:
    """Picture after picture; `base`, one of BASES, is what becomes of each before anything else."""
    for sample in dataset.samples:
        clean = BASES[base](picture(sample), sample.name)
        images = [clean, *(degradation(clean, sample.name, seed=seed) for degradation in degradations)]
        yield Judged(sample=sample, images=images, scored=[detector.score(images) for detector in detectors])


def swept(
    detector: Detector, dataset: Dataset, degradations: Sequence[Degradation], *, base: str, seed: int = 0
) -> NDArray[np.float64]:
    """Probabilities, float64 [1 + degradations, N]; the first row is of the clean pictures."""
    columns = judged([detector], dataset, degradations, base=base, seed=seed)
    return np.stack([each.scored[0].probabilities for each in columns], axis=1)
