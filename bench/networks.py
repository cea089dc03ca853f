"""Every network that can be trained by name, exported with random weights: what it costs to serve."""

import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import torch

from bench.macs import macs
from bench.pace import pace
from services.retrainer import networks
from services.retrainer.training.trained import parameters
from services.retrainer.versions.directory import golden_pixels
from services.retrainer.versions.export import export
from shared.domain.job import Lane
from shared.domain.model_card import InputSpec


def measured(names: Sequence[str], files: Sequence[bytes], *, seconds: float) -> Iterator[dict[str, Any]]:
    """One after the other: parameters, size of the file, multiply-accumulates and pace."""
    for name in names:
        with tempfile.TemporaryDirectory() as directory:
            yield _measured(name, Path(directory), files, seconds)


def _measured(name: str, directory: Path, files: Sequence[bytes], seconds: float) -> dict[str, Any]:
    torch.manual_seed(0)
    network = networks.build(name).eval()
    side = networks.architecture(name).side
    spec = InputSpec(width=side, height=side)
    model = export(network, _card(spec), {}, directory, probe=golden_pixels(spec)[:2])
    return {
        "name": name,
        "side": side,
        "parameters": parameters(network),
        "bytes": (directory / "model.onnx").stat().st_size,
        "macs": macs(directory / "model.onnx"),
        **pace(model, files, Lane.BULK, seconds=seconds).document(),
    }


def _card(spec: InputSpec) -> dict[str, Any]:
    """The whole picture resized to one tile: what a network costs, whatever its views will be."""
    return {
        "name": "untrained",
        "version": "0.0.0",
        "input": spec.document(),
        "calibration": {"temperature": 1.0, "bias": 0.0},
        "thresholds": {"likely_human": 0.2, "likely_ai": 0.8},
        "range": {"min_side": 1, "max_side": spec.width, "statement": "Random weights: it knows nothing."},
    }
