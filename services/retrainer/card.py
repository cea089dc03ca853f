"""The card of a version: what it is, what it was measured on, what it cannot know."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from services.retrainer.networks import Architecture
from services.retrainer.origin import Origin
from shared.domain.model_card import Calibration, InputSpec
from shared.domain.verdict import Thresholds


def document(
    *,
    version: str,
    origin: Origin,
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
        "name": origin.model,
        "version": version,
        "description": origin.description,
        "input": asdict(spec),
        "calibration": asdict(calibration),
        "prior": 0.5,
        "thresholds": thresholds.document(),
        "range": asdict(origin.range),
        "false_accusation_rate": metrics["test"]["false_likely_ai"],
        "limits": list(origin.limits),
        "architecture": architecture.description,
        "parameters": parameters,
        "data": [dict(origin.data)],
        "training": dict(training),
        "metrics": dict(metrics),
    }
