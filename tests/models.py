"""Model versions made of the shipped one."""

import json
import shutil
from pathlib import Path

import onnx

from shared import scoring
from shared.scoring.card import CARD_KEY
from shared.scoring.manifest import write_manifest


def copy_of_shipped(directory: Path, version: str) -> Path:
    """The shipped model under another version: a whole version directory that loads."""
    shutil.copytree(scoring.SHIPPED / "0.1.0", directory)
    card = json.loads((directory / "card.json").read_text()) | {"version": version}
    (directory / "card.json").write_text(json.dumps(card))
    model = onnx.load(directory / "model.onnx")
    [kept] = [entry for entry in model.metadata_props if entry.key == CARD_KEY]
    kept.value = json.dumps(card)
    onnx.save(model, directory / "model.onnx")
    (directory / "manifest.json").unlink()
    write_manifest(directory)
    return directory
