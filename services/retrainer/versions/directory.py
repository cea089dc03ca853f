"""What lies in a version directory beside the network."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from services.retrainer.versions.card_text import markdown
from shared.domain.model_card import InputSpec
from shared.scoring.manifest import write_manifest

GOLDEN_IMAGES = 16
GOLDEN_SEED = 20250101


def write_beside(
    directory: Path, card: Mapping[str, Any], metrics: Mapping[str, Any], golden: Mapping[str, NDArray[Any]]
) -> None:
    """Write card.json, card.md, metrics.json, golden.npz and manifest.json beside the model.onnx of `directory`."""
    _write_json(directory / "card.json", card)
    (directory / "card.md").write_text(markdown(card), encoding="utf-8")
    _write_json(directory / "metrics.json", metrics)
    np.savez_compressed(directory / "golden.npz", **golden)
    write_manifest(directory)


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


def _write_json(path: Path, document: Mapping[str, Any]) -> None:
    path.write_text(json.dumps(document, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
