"""A trained network → the files of a version directory, checked as serving will check them."""

import json
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from safetensors.torch import save
from torch import Tensor, nn

from services.retrainer.versions.directory import golden_pixels, write_beside
from shared.domain.model_card import InputSpec, ModelCard
from shared.errors import ModelRefused
from shared.scoring.card import CARD_KEY
from shared.scoring.session import Model

OPSET = 17
PARITY = 1e-4
"""Largest difference allowed between PyTorch and ONNX Runtime, in logits: float32 sums in another order."""

AT_ONCE = 16
"""Images through PyTorch: a thousand would take gigabytes."""


def export(
    network: nn.Module,
    card: Mapping[str, Any],
    metrics: Mapping[str, Any],
    directory: Path,
    *,
    probe: NDArray[np.uint8],
) -> Model:
    """Write model.onnx, model.safetensors, card.json, card.md, metrics.json, golden.npz and manifest.json into the
    empty `directory`.

    `probe`, uint8 [N, H, W, 3], are images on which PyTorch and ONNX Runtime must agree. Raises ModelRefused
    where they do not, or where the files would be refused by a worker.
    """
    network.eval()
    spec = ModelCard.from_document(card).input
    golden = golden_pixels(spec)
    outputs = _run(network, golden)
    if "embedding" in outputs:
        card = {**card, "embedding": {"size": outputs["embedding"].shape[1]}}
    _write_onnx(network, card, spec, directory / "model.onnx", list(outputs))
    weights = {name: tensor.contiguous() for name, tensor in network.state_dict().items()}
    (directory / "model.safetensors").write_bytes(save(weights))
    write_beside(directory, card, metrics, {"pixels": golden, **outputs})
    model = Model.load(directory, provider="cpu", threads=1)
    difference = float(np.abs(model.score(probe).logits - _run(network, probe)["logit"]).max())
    if not difference <= PARITY:
        raise ModelRefused(f"ONNX Runtime and PyTorch differ by {difference:.2g} in a logit")
    return model


def _write_onnx(
    network: nn.Module, card: Mapping[str, Any], spec: InputSpec, path: Path, outputs: Sequence[str]
) -> None:
    example = torch.zeros(1, spec.height, spec.width, 3, dtype=torch.uint8)
    with warnings.catch_warnings():
        # The exporter that replaces this one needs onnxscript.
        warnings.simplefilter("ignore", DeprecationWarning)
        warnings.filterwarnings("ignore", "Constant folding", UserWarning)
        # Agreement on the probe checks what was traced.
        warnings.simplefilter("ignore", torch.jit.TracerWarning)
        torch.onnx.export(
            network,
            (example,),
            path,
            input_names=["pixels"],
            output_names=list(outputs),
            dynamic_axes={name: {0: "N"} for name in ("pixels", *outputs)},
            opset_version=OPSET,
            dynamo=False,
        )
    model = onnx.load(path)
    for output in model.graph.output:
        if output.name == "embedding":  # the tracer does not know its length
            output.type.tensor_type.shape.dim[1].dim_value = card["embedding"]["size"]
    onnx.helper.set_model_props(model, {CARD_KEY: json.dumps(card, ensure_ascii=False)})
    onnx.checker.check_model(model, full_check=True)
    onnx.save(model, path)


def _run(network: nn.Module, pixels: NDArray[np.uint8]) -> dict[str, NDArray[np.float32]]:
    """Outputs by name, of all `pixels`."""
    with torch.inference_mode():
        parts: list[dict[str, Tensor]] = [
            network(torch.from_numpy(pixels[start : start + AT_ONCE])).named()
            for start in range(0, len(pixels), AT_ONCE)
        ]
    return {name: torch.cat([part[name] for part in parts]).numpy() for name in parts[0]}
