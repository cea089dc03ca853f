"""Made pictures, data sets of them, and detectors whose behaviour is known."""

import io

import numpy as np
from PIL import Image

from services.retrainer.data.samples import AI, HUMAN, Dataset, Sample
from services.retrainer.robustness.detector import Detector, Scored
from shared.domain.model_card import Calibration
from shared.scoring.calibration import probability


def texture(seed, *, width=96, height=72, deviation=40.0):
    """Noise over a slope of colour."""
    random = np.random.default_rng(seed)
    slope = np.linspace(60, 180, width)[np.newaxis, :, np.newaxis] + np.array([0, 10, 20])
    return Image.fromarray(np.clip(slope + random.normal(0, deviation, (height, width, 3)), 0, 255).astype(np.uint8))


def png(image):
    file = io.BytesIO()
    image.save(file, "PNG")
    return file.getvalue()


def sample(name, label, image, *, owner=None, kind="photo"):
    data = png(image)
    return Sample(name=name, label=label, owner=owner or name, read=lambda: data, kind=kind)


def chequered(seed, *, width=96, height=72):
    """As fine as a picture can be: nothing of it outlives a blur."""
    squares = np.indices((height, width)).sum(0) % 2 * 50
    return Image.fromarray(
        np.asarray(texture(seed, width=width, height=height, deviation=0)) + squares[..., None].astype(np.uint8)
    )


def sharp_and_soft(count=8):
    """AI pictures are chequered, human ones nearly smooth."""
    humans = [sample(f"human{index}", HUMAN, texture(index, deviation=4)) for index in range(count)]
    return Dataset("made", humans + [sample(f"ai{index}", AI, chequered(index)) for index in range(count)])


def fineness(image):
    """Mean step between neighbouring pixels."""
    return float(np.abs(np.diff(np.asarray(image, np.float64), axis=1)).mean())


def scored(logits, maps=None):
    values = np.array(logits, np.float32)
    return Scored(logits=values, probabilities=probability(values, Calibration()), maps=maps)


SHARPNESS = Detector(name="sharpness", score=lambda images: scored([2 * fineness(image) - 15 for image in images]))
"""Calls AI what is finely grained."""

CONSTANT = Detector(name="constant", score=lambda images: scored([0.5 for _ in images]))
