"""A version directory made of another one: a new head, other sets or a new card in the file that is there."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from safetensors.numpy import load, save

from services.retrainer.versions.directory import golden_pixels, write_beside
from services.retrainer.versions.embedded import Embedded
from services.retrainer.versions.place import staging
from shared.domain.model_card import ModelCard
from shared.errors import ModelRefused
from shared.scoring.card import CARD_KEY
from shared.scoring.domains import DOMAINS
from shared.scoring.foreign import ForeignGraph
from shared.scoring.manifest import read_verified
from shared.scoring.session import Model

GOLD, GUARD = "gold.npz", "guard.npz"
HEAD = ("head.weight", "head.bias")


@dataclass(frozen=True, kw_only=True, slots=True)
class Head:
    """`weight` float32 [D] and `bias`: of an embedding the logit is `weight @ embedding + bias`."""

    weight: NDArray[np.float32]
    bias: float

    def __call__(self, vectors: NDArray[np.float32]) -> NDArray[np.float32]:
        """Embeddings [N, D] to logits [N]."""
        logits: NDArray[np.float32] = vectors @ self.weight + np.float32(self.bias)
        return logits


@dataclass(frozen=True, kw_only=True, slots=True)
class Change:
    """What differs from the parent; None and missing fields of the card are taken from it as they are."""

    version: str
    head: Head | None = None
    gold: Embedded | None = None
    guard: Embedded | None = None
    domains: bytes | None = None
    card: Mapping[str, Any] = field(default_factory=dict)
    metrics: Mapping[str, Any] | None = None


def read_head(directory: Path) -> Head:
    """Raises ModelRefused for a version without a head that an embedding is made for."""
    tensors = _tensors(read_verified(directory), directory)
    weight, bias = (tensors[name] for name in HEAD)
    return Head(weight=weight.reshape(-1), bias=float(bias[0]))


def read_set(directory: Path, name: str) -> Embedded | None:
    """The GOLD or GUARD of a version; None where it has none. Raises ModelRefused."""
    if name not in read_verified(directory):
        return None
    try:
        return Embedded.load(directory / name)
    except (ValueError, KeyError) as exc:
        raise ModelRefused(f"{directory.name}/{name} cannot be read: {exc}") from exc


def stage(parent: Path, out: Path, change: Change) -> Path:
    """A complete, unsigned version directory beside its place under `out`, loaded once as a worker loads it.

    What is not changed is the parent's, byte for byte. Raises ModelRefused for a parent that was tampered with or has
    no head to replace, and for a version that would not load.
    """
    files = read_verified(parent)
    directory = staging(out, change.version)
    card = {**json.loads(files["card.json"]), **change.card, "version": change.version}
    model = onnx.load_model_from_string(files["model.onnx"])
    if change.head is not None:
        weights = _tensors(files, parent) | _values(change.head)
        (directory / "model.safetensors").write_bytes(save(weights))
        _replace_head(model, change.head, parent)
    elif "model.safetensors" in files:
        (directory / "model.safetensors").write_bytes(files["model.safetensors"])
    onnx.helper.set_model_props(model, {CARD_KEY: json.dumps(card, ensure_ascii=False)})
    (directory / "model.onnx").write_bytes(model.SerializeToString())
    for name, made in ((GOLD, change.gold), (GUARD, change.guard)):
        if made is not None:
            made.save(directory / name)
        elif name in files:
            (directory / name).write_bytes(files[name])
    # Records are of one head: they go on where it does.
    kept = files.get(DOMAINS) if change.head is None else None
    if (domains := change.domains or kept) is not None:
        (directory / DOMAINS).write_bytes(domains)
    metrics = json.loads(files["metrics.json"]) if change.metrics is None else change.metrics
    write_beside(directory, card, metrics, _golden(model, card))
    Model.load(directory, provider="cpu", threads=1)
    return directory


def _tensors(files: Mapping[str, bytes], directory: Path) -> dict[str, NDArray[Any]]:
    tensors: dict[str, NDArray[Any]] = load(files["model.safetensors"]) if "model.safetensors" in files else {}
    if missing := [name for name in HEAD if name not in tensors]:
        raise ModelRefused(
            f"{directory.name} holds no {missing[0]}: it was brought or made before 1.1.1, and cannot be retrained"
        )
    return tensors


def _values(head: Head) -> dict[str, NDArray[np.float32]]:
    """Under the names of HEAD, in their shapes."""
    values = (np.asarray(head.weight, np.float32)[np.newaxis], np.array([head.bias], np.float32))
    return dict(zip(HEAD, values, strict=True))


def _replace_head(model: onnx.ModelProto, head: Head, parent: Path) -> None:
    found = {tensor.name: tensor for tensor in model.graph.initializer}
    for name, value in _values(head).items():
        if name not in found or list(found[name].dims) != list(value.shape):
            raise ModelRefused(f"{parent.name}: model.onnx has no {name} of the shape {list(value.shape)}")
        found[name].CopyFrom(onnx.numpy_helper.from_array(value, name))


def _golden(model: onnx.ModelProto, card: Mapping[str, Any]) -> dict[str, NDArray[Any]]:
    pixels = golden_pixels(ModelCard.from_document(card).input)
    graph = ForeignGraph(model.SerializeToString())
    return {"pixels": pixels, **{output.name: graph.run(pixels, output.name) for output in model.graph.output}}
