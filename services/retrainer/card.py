"""The card of a version trained on CIFAKE: what it is, what it was measured on, what it cannot know."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from services.retrainer.networks import Architecture
from shared.domain.model_card import Calibration, InputSpec
from shared.domain.verdict import Thresholds

CIFAKE = {
    "name": "CIFAKE: Real and AI-Generated Synthetic Images",
    "authors": "Jordan J. Bird and Ahmad Lotfi; human images: CIFAR-10, Alex Krizhevsky, Vinod Nair and "
    "Geoffrey Hinton",
    "licence": "MIT",
    "url": "https://www.kaggle.com/datasets/birdy654/cifake-real-and-ai-generated-synthetic-images",
    "images": "120,000 pictures of 32 × 32 px as JPEG: 60,000 photographs of ten kinds of things (CIFAR-10) and "
    "60,000 pictures of the same kinds from Stable Diffusion 1.4; 100,000 to train, 20,000 to test.",
}

RANGE = {
    "min_side": 32,
    "max_side": 32,
    "statement": "This model only ever saw pictures of 32 × 32 pixels from one generator; what it says about any "
    "other picture is a guess.",
}

LIMITS = [
    (
        "It saw AI pictures of one generator only, Stable Diffusion 1.4 of 2022. "
        "Any other generator is unknown to it, and many it will miss."
    ),
    (
        "It saw 32 × 32 pixels only. A larger picture is shrunk to that size first, which removes most of what "
        "gives a generator away: its score is then a guess, and the verdict stays uncertain."
    ),
    (
        "Its human pictures are small photographs of aeroplanes, cars, birds, cats, deer, dogs, frogs, horses, "
        "ships and lorries (CIFAR-10). It knows no drawings, paintings, screenshots, documents, portraits or "
        "edited photographs."
    ),
    "Both classes were JPEGs of one quality. Another compression, blur or noise may change the score.",
    (
        "Part of what it learned is how the colours of the data set's two halves differ, and not how a generator "
        "draws: a few colour statistics of a picture, without any shape, tell them apart four times in five."
    ),
    (
        "Its probability assumes that half of the pictures it is asked about are AI-generated. Where fewer are, "
        "more of its accusations are false."
    ),
]


def document(
    *,
    version: str,
    spec: InputSpec,
    architecture: Architecture,
    parameters: int,
    calibration: Calibration,
    thresholds: Thresholds,
    metrics: Mapping[str, Mapping[str, Any]],
    training: Mapping[str, Any],
) -> dict[str, Any]:
    """The card as JSON; `metrics` holds `test` and `test_without_duplicates` as `evaluate.measure` gives them."""
    return {
        "name": "jinwi-cifake",
        "version": version,
        "description": "Tells small photographs from small pictures by Stable Diffusion 1.4. First weights of this "
        "project: they show that the house stands, and know nothing of pictures of ordinary size.",
        "input": asdict(spec),
        "calibration": asdict(calibration),
        "prior": 0.5,
        "thresholds": thresholds.document(),
        "range": RANGE,
        "false_accusation_rate": metrics["test"]["false_likely_ai"],
        "limits": list(LIMITS),
        "architecture": architecture.description,
        "parameters": parameters,
        "data": [CIFAKE],
        "training": dict(training),
        "metrics": dict(metrics),
    }
