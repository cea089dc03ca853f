"""A foreign ONNX file and its card → the files of a version directory, checked as serving will check them."""

import hashlib
import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray

from services.retrainer.bring.card import BroughtCard, read_card
from services.retrainer.bring.graph import CLIP, FREE_BATCH, load_graph, wrap
from services.retrainer.bring.reference import answers, require_sense, spoken
from services.retrainer.versions.directory import golden_pixels, write_beside
from services.retrainer.versions.place import place, require_free, staging
from shared.domain.model_card import Calibration
from shared.errors import ModelRefused
from shared.scoring.calibration import probability
from shared.scoring.card import CARD_KEY
from shared.scoring.foreign import ForeignGraph
from shared.scoring.session import Model

PARITY = 1e-4
"""Largest difference allowed between the foreign graph and the wrapped one, in logits up to 10, then in relation.

Where the foreign graph speaks in probabilities, a quarter of it: the steepest slope of the sigmoid.
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class Brought:
    """A version that was made: its folder, and by how much wrapped and foreign graph differ at most."""

    directory: Path
    card: dict[str, Any]
    difference: float


def bring(file: Path, card: Path, out: Path) -> Brought:
    """Make the version of `card` in a folder of its own under `out`.

    Raises ConfigurationError for the card, or where the version is there already; ModelRefused where card and graph
    do not fit, or the wrapped graph does not give what the foreign one gives; OSError.
    """
    said = read_card(card)
    require_free(out, said.version)
    staged = staging(out, said.version)
    try:
        document, difference = _make(file, said, staged)
        return Brought(directory=place(staged, out), card=document, difference=difference)
    finally:
        shutil.rmtree(staged, ignore_errors=True)


def card_of(directory: Path) -> Mapping[str, Any]:
    """The card of a version's folder, once a worker would take it; raises ModelRefused."""
    return Model.load(directory, provider="cpu", threads=1).card.document


def _make(file: Path, card: BroughtCard, directory: Path) -> tuple[dict[str, Any], float]:
    graph = load_graph(file, card.preprocess, card.output)
    pixels = golden_pixels(card.preprocess.spec())
    numbers = answers(graph, card.preprocess, pixels)
    require_sense(numbers, card.output)
    document = {**card.document(), "parameters": graph.parameters, "brought": _origin(file, card)}
    wrapped = wrap(graph, card.preprocess, card.output, classes=numbers.shape[1])
    onnx.helper.set_model_props(wrapped, {CARD_KEY: json.dumps(document, ensure_ascii=False)})
    onnx.checker.check_model(wrapped)
    content = wrapped.SerializeToString()
    (directory / "model.onnx").write_bytes(content)
    logits, difference = _agreeing(ForeignGraph(content), pixels, spoken(numbers, card.output), card)
    write_beside(directory, document, {}, {"pixels": pixels, "logit": logits})
    return document, difference


def _origin(file: Path, card: BroughtCard) -> dict[str, Any]:
    """What was brought, so that it can be found again."""
    with file.open("rb") as content:
        sha256 = hashlib.file_digest(content, "sha256").hexdigest()
    return {
        "file": file.name,
        "sha256": sha256,
        "preprocess": card.preprocess.model_dump(mode="json"),
        "output": card.output.model_dump(mode="json", exclude_none=True),
    }


def _agreeing(
    wrapped: ForeignGraph, pixels: NDArray[np.uint8], expected: NDArray[np.float64], card: BroughtCard
) -> tuple[NDArray[np.float32], float]:
    """The wrapped graph's logits, float32 [N], and how far they are from what is expected; raises ModelRefused."""
    try:
        logits = wrapped.run(pixels, "logit")
        alone = wrapped.run(pixels[:1], "logit")
    except ModelRefused as exc:
        raise ModelRefused(
            f"the graph takes no other number of pictures than it was exported with. {FREE_BATCH}"
        ) from exc
    if logits.shape != expected.shape or _difference(alone, expected[:1], card) <= PARITY < _difference(
        logits, expected, card
    ):
        raise ModelRefused(f"the graph's answer for a picture depends on the pictures beside it. {FREE_BATCH}")
    difference = _difference(logits, expected, card)
    if not difference <= PARITY:
        raise ModelRefused(f"the wrapped graph differs from {card.name} by {difference:.2g}: it cannot be brought")
    return logits, difference


def _difference(logits: NDArray[np.float32], expected: NDArray[np.float64], card: BroughtCard) -> float:
    if card.output.speaks_in_probabilities:
        both = (np.clip(each, CLIP, 1 - CLIP) for each in (probability(logits, Calibration()), expected))
        return float(4 * np.abs(np.subtract(*both)).max())
    return float((np.abs(logits - expected) / np.maximum(1, np.abs(expected) / 10)).max())
