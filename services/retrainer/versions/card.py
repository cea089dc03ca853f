"""The card of a version: what it is, what it was measured on, what it cannot know."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from services.retrainer.networks import Architecture
from services.retrainer.versions.origin import Origin
from shared.domain.model_card import CalibrationTable, InputSpec
from shared.domain.verdict import Thresholds


def document(
    *,
    version: str,
    origin: Origin,
    spec: InputSpec,
    architecture: Architecture,
    parameters: int,
    calibration: CalibrationTable,
    thresholds: Thresholds,
    metrics: Mapping[str, Mapping[str, Any]],
    false_accusation_rate: Mapping[str, float],
    training: Mapping[str, Any],
) -> dict[str, Any]:
    """The card as JSON; `false_accusation_rate` is the share of human-made pictures called likely AI, with interval."""
    return {
        "name": origin.model,
        "version": version,
        "description": origin.description,
        "input": spec.document(),
        "calibration": calibration.document(),
        "prior": 0.5,
        "thresholds": thresholds.document(),
        "range": asdict(origin.range),
        "false_accusation_rate": dict(false_accusation_rate),
        "limits": list(origin.limits),
        "architecture": architecture.description,
        "parameters": parameters,
        "data": [dict(origin.data)],
        "training": dict(training),
        "metrics": dict(metrics),
    }
