"""A version whose network gives less than it could, so that what the rest costs can be told."""

import json
from collections.abc import Collection
from pathlib import Path
from shutil import copyfile

import onnx

from shared.scoring.card import CARD_KEY
from shared.scoring.manifest import write_manifest


def bare(directory: Path, into: Path, *, keep: Collection[str]) -> Path:
    """The version of `directory` as a new one `into`, its graph with the outputs to `keep` alone.

    ONNX Runtime leaves out what leads to none of them when it loads the graph.
    """
    into.mkdir()
    card = json.loads((directory / "card.json").read_text(encoding="utf-8"))
    if "embedding" not in keep:
        card.pop("embedding", None)
    model = onnx.load(directory / "model.onnx")
    for output in [output for output in model.graph.output if output.name not in keep]:
        model.graph.output.remove(output)
    for entry in model.metadata_props:
        if entry.key == CARD_KEY:
            entry.value = json.dumps(card)
    onnx.save(model, into / "model.onnx")
    (into / "card.json").write_text(json.dumps(card), encoding="utf-8")
    copyfile(directory / "golden.npz", into / "golden.npz")
    write_manifest(into)
    return into
