"""The trained network of a trial as a detector, for the studies of robustness."""

from collections.abc import Sequence

import numpy as np
from PIL import Image
from torch import nn

from services.retrainer.networks.gradcam import gradcam
from services.retrainer.robustness.detector import Detector, Scored
from services.retrainer.training.trained import logits
from shared.domain.model_card import Calibration, InputSpec
from shared.domain.verdict import Thresholds
from shared.imaging.prepare import prepare
from shared.scoring.calibration import probability

HALF = Thresholds(likely_human=float(np.nextafter(0.5, 0)), likely_ai=0.5)
"""These projects know no uncertain verdict."""


def judge(name: str, network: nn.Module, side: int) -> Detector:
    """Its probabilities are the network's own, its maps Grad-CAM's."""
    spec = InputSpec(width=side, height=side)

    def score(images: Sequence[Image.Image]) -> Scored:
        pixels = np.concatenate([prepare(image, spec) for image in images])
        found = logits(network, pixels)
        return Scored(
            logits=found, probabilities=probability(found, Calibration()), maps=list(gradcam(network, pixels))
        )

    return Detector(name=name, score=score, thresholds=HALF)


def page(title: str, html: str) -> bytes:
    """A study's chapter as a page of its own."""
    return f'<!doctype html>\n<meta charset="utf-8">\n<title>{title}</title>\n<h1>{title}</h1>\n{html}'.encode()
