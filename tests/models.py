"""Model versions made of the shipped one, or from nothing."""

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime as ort
from onnx import TensorProto, helper

from shared import scoring
from shared.domain.job import Lane
from shared.scoring.card import CARD_KEY
from shared.scoring.manifest import write_manifest

CELL = 4
"""Side in px of what one value of `brightness`' map stands for."""

TILED = {
    "width": 16,
    "height": 16,
    "resample": "box",
    "small": "mirror",
    "views": {"bulk": [{"short_side": 16, "crops": 1}], "interactive": [{"short_side": None, "crops": 9}]},
}


def copy_of_shipped(directory: Path, version: str) -> Path:
    """The shipped model under another version: a whole version directory that loads."""
    shutil.copytree(scoring.shipped()[-1], directory)
    card = json.loads((directory / "card.json").read_text()) | {"version": version}
    (directory / "card.json").write_text(json.dumps(card))
    model = onnx.load(directory / "model.onnx")
    [kept] = [entry for entry in model.metadata_props if entry.key == CARD_KEY]
    kept.value = json.dumps(card)
    onnx.save(model, directory / "model.onnx")
    (directory / "manifest.json").unlink()
    write_manifest(directory)
    return directory


def brightness(
    directory: Path,
    version: str = "2.0.0",
    *,
    breaks_on_white: bool = False,
    domains: Mapping[str, np.ndarray] | None = None,
    **card: Any,
) -> Path:
    """A version that takes what is bright for AI-generated, with a map; `card` changes its card.

    Each cell of the map says (mean - 127.5) / 16 of its 4 × 4 px, and the logit is the mean of the map. One that
    `breaks_on_white` loads, and fails in ONNX Runtime on tiles with a value of 255. With `domains`, as `kinds` makes
    them, its logit is its embedding too.
    """
    card = {
        "name": "brightness",
        "version": version,
        "input": TILED,
        "calibration": {"temperature": 1.0, "bias": 0.0},
        "thresholds": {"likely_human": 0.2, "likely_ai": 0.8},
        "range": {"min_side": 1, "max_side": 30_000, "statement": "Any size."},
        **card,
    }
    if domains is not None:
        card["embedding"] = {"size": 1}
    directory.mkdir(parents=True)
    model = _brightness_model(card)
    if domains is not None:
        _embed(model)
        np.savez(directory / "domains.npz", **domains)
    if breaks_on_white:
        _break_on_white(model)
    onnx.save(model, directory / "model.onnx")
    (directory / "card.json").write_text(json.dumps(card))
    np.savez(directory / "golden.npz", **_brightness_golden(card["input"]))
    write_manifest(directory)
    return directory


def kinds(
    *, bright: tuple[int, int] = (200, 0), dark: tuple[int, int] = (200, 0), farthest: float = 100.0
) -> dict[str, np.ndarray]:
    """What a `domains.npz` holds, for `brightness`: what is bright is an illustration, what is dark a photograph.

    `bright` and `dark`: how many pictures by people were measured, by ten owners, and how many of them were called AI.
    `farthest`: a logit beyond it, on either side, is unfamiliar.
    """
    measured = {"illustration": bright, "photograph": dark}
    rows = [(lane, name, called) for lane in Lane for name, called in measured.items()]
    counts = [images for _, _, (images, _) in rows]
    return {
        "names": np.array(list(measured)),
        "centre": np.zeros(1, np.float32),
        "scale": np.ones(1, np.float32),
        "bound": np.float32(1000),
        "weight": np.array([[1, -1]], np.float32),
        "bias": np.zeros(2, np.float32),
        "least": np.zeros(2, np.float32),
        "reach": np.ones(1, np.float32),
        "farthest": np.float32(farthest),
        "record_lanes": np.repeat([lane.value for lane, _, _ in rows], counts),
        "record_domains": np.repeat([name for _, name, _ in rows], counts),
        "record_owners": np.concatenate([np.arange(images, dtype=np.int32) % 10 for images in counts]),
        "record_scores": np.concatenate(
            [(np.arange(images) < called).astype(np.float32) for _, _, (images, called) in rows]
        ),
    }


def _embed(model: onnx.ModelProto) -> None:
    model.graph.initializer.append(helper.make_tensor("after", TensorProto.INT64, [1], [1]))
    model.graph.node.append(helper.make_node("Unsqueeze", ["logit", "after"], ["embedding"]))
    model.graph.output.append(helper.make_tensor_value_info("embedding", TensorProto.FLOAT, ["N", 1]))


def _brightness_model(card: Mapping[str, Any]) -> onnx.ModelProto:
    rows, columns = card["input"]["height"] // CELL, card["input"]["width"] // CELL
    nodes = [
        helper.make_node("Cast", ["pixels"], ["levels"], to=TensorProto.FLOAT),
        helper.make_node("ReduceMean", ["levels"], ["grey"], axes=[3], keepdims=1),
        helper.make_node("Transpose", ["grey"], ["plane"], perm=[0, 3, 1, 2]),
        helper.make_node("AveragePool", ["plane"], ["cells"], kernel_shape=[CELL, CELL], strides=[CELL, CELL]),
        helper.make_node("Sub", ["cells", "middle"], ["centred"]),
        helper.make_node("Div", ["centred", "spread"], ["evidence"]),
        helper.make_node("Squeeze", ["evidence", "channel"], ["map"]),
        helper.make_node("ReduceMean", ["map"], ["logit"], axes=[1, 2], keepdims=0),
    ]
    constants = [
        helper.make_tensor("middle", TensorProto.FLOAT, [], [127.5]),
        helper.make_tensor("spread", TensorProto.FLOAT, [], [16.0]),
        helper.make_tensor("channel", TensorProto.INT64, [1], [1]),
    ]
    sides = [card["input"]["height"], card["input"]["width"], 3]
    graph = helper.make_graph(
        nodes,
        "brightness",
        [helper.make_tensor_value_info("pixels", TensorProto.UINT8, ["N", *sides])],
        [
            helper.make_tensor_value_info("logit", TensorProto.FLOAT, ["N"]),
            helper.make_tensor_value_info("map", TensorProto.FLOAT, ["N", rows, columns]),
        ],
        constants,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    helper.set_model_props(model, {CARD_KEY: json.dumps(card)})
    return model


def _break_on_white(model: onnx.ModelProto) -> None:
    """Look the logit's share of nothing up in a list of one, at the place that the brightest value gives: 0, or 1."""
    for node in model.graph.node:
        if "logit" in node.output:
            node.output[0] = "whole"
    model.graph.node.extend(
        [
            helper.make_node("ReduceMax", ["levels"], ["brightest"], keepdims=0),
            helper.make_node("Div", ["brightest", "white"], ["place"]),
            helper.make_node("Cast", ["place"], ["index"], to=TensorProto.INT64),
            helper.make_node("Gather", ["nothing", "index"], ["found"]),
            helper.make_node("Add", ["whole", "found"], ["logit"]),
        ]
    )
    model.graph.initializer.extend(
        [
            helper.make_tensor("white", TensorProto.FLOAT, [], [255.0]),
            helper.make_tensor("nothing", TensorProto.FLOAT, [1], [0.0]),
        ]
    )


def broken_session(directory: Path) -> ort.InferenceSession:
    """ONNX Runtime with a version that `breaks_on_white`, as if every picture were white: it fails on whatever comes."""
    model = onnx.load(directory / "model.onnx")
    [white] = [tensor for tensor in model.graph.initializer if tensor.name == "white"]
    white.CopyFrom(helper.make_tensor("white", TensorProto.FLOAT, [], [1e-3]))
    return ort.InferenceSession(model.SerializeToString())


def _brightness_golden(spec: Mapping[str, Any]) -> dict[str, np.ndarray]:
    rows, columns = spec["height"] // CELL, spec["width"] // CELL
    pixels = np.random.default_rng(1).integers(0, 255, (2, spec["height"], spec["width"], 3), np.uint8)
    drawn = (pixels.reshape(2, rows, CELL, columns, CELL, 3).mean((2, 4, 5)) - 127.5) / 16
    logit = drawn.mean((1, 2)).astype(np.float32)
    return {"pixels": pixels, "logit": logit, "map": drawn.astype(np.float32), "embedding": logit[:, None]}
