"""A trained network → the files of a version directory, checked as serving will check them."""

import json
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from shared.domain.model_card import InputSpec, ModelCard
from shared.errors import ModelRefused
from shared.scoring.card import CARD_KEY
from shared.scoring.manifest import write_manifest
from shared.scoring.session import Model

OPSET = 17
PARITY = 1e-4
"""Largest difference allowed between PyTorch and ONNX Runtime, in logits: float32 sums in another order."""

GOLDEN_IMAGES = 16
GOLDEN_SEED = 20250101


def export(
    network: nn.Module,
    card: Mapping[str, Any],
    metrics: Mapping[str, Any],
    directory: Path,
    *,
    probe: NDArray[np.uint8],
) -> Model:
    """Write model.onnx, card.json, metrics.json, golden.npz and manifest.json into the empty `directory`.

    `probe`, uint8 [N, H, W, 3], are images on which PyTorch and ONNX Runtime must agree. Raises ModelRefused
    where they do not, or where the files would be refused by a worker.
    """
    network.eval()
    spec = ModelCard.from_document(card).input
    golden = golden_pixels(spec)
    _write_onnx(network, card, spec, directory / "model.onnx")
    _write_json(directory / "card.json", card)
    _write_json(directory / "metrics.json", metrics)
    np.savez_compressed(directory / "golden.npz", pixels=golden, logit=_run(network, golden))
    write_manifest(directory)
    model = Model.load(directory, provider="cpu", threads=1)
    difference = float(np.abs(model.score(probe).logits - _run(network, probe)).max())
    if not difference <= PARITY:
        raise ModelRefused(f"ONNX Runtime and PyTorch differ by {difference:.2g} in a logit")
    return model


def golden_pixels(spec: InputSpec) -> NDArray[np.uint8]:
    """Synthetic pictures, uint8 [16, H, W, 3]: colour patches of four coarsenesses, each with a little noise."""
    random = np.random.default_rng(GOLDEN_SEED)
    pictures = []
    for index in range(GOLDEN_IMAGES):
        cells = 2 ** (index % 4 + 1)
        patches = random.uniform(0, 255, (cells, cells, 3))
        rows, columns = (np.arange(side) * cells // side for side in (spec.height, spec.width))
        noise = random.normal(0, 8, (spec.height, spec.width, 3))
        pictures.append(np.clip(patches[rows][:, columns] + noise, 0, 255))
    return np.stack(pictures).astype(np.uint8)


def _write_onnx(network: nn.Module, card: Mapping[str, Any], spec: InputSpec, path: Path) -> None:
    example = torch.zeros(1, spec.height, spec.width, 3, dtype=torch.uint8)
    with warnings.catch_warnings():
        # The exporter that replaces this one needs onnxscript.
        warnings.simplefilter("ignore", DeprecationWarning)
        torch.onnx.export(
            network,
            (example,),
            path,
            input_names=["pixels"],
            output_names=["logit"],
            dynamic_axes={"pixels": {0: "N"}, "logit": {0: "N"}},
            opset_version=OPSET,
            dynamo=False,
        )
    model = onnx.load(path)
    onnx.helper.set_model_props(model, {CARD_KEY: json.dumps(card, ensure_ascii=False)})
    onnx.checker.check_model(model, full_check=True)
    onnx.save(model, path)


def _run(network: nn.Module, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    with torch.inference_mode():
        logits: Tensor = network(torch.from_numpy(pixels))
        return logits.numpy()


def _write_json(path: Path, document: Mapping[str, Any]) -> None:
    path.write_text(json.dumps(document, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
