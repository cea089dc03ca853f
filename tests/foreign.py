"""Detectors as users bring them: tiny ONNX graphs that weigh a picture's mean colour, and their cards."""

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import yaml
from onnx import TensorProto, helper, numpy_helper

SIDE = 8
WEIGHTS = np.array([[1.5, -0.5, 0.25], [-2.0, 1.0, 0.75], [0.5, 2.0, -1.0]], np.float32)
BIAS = np.array([0.25, -0.5, 0.125], np.float32)

CARD: dict[str, Any] = {
    "name": "mean-colour",
    "version": "100.0.0",
    "description": "Weighs the mean colour.",
    "licence": "MIT",
    "data": [{"name": "None", "licence": "none"}],
    "range": {"min_side": 8, "max_side": 4000, "statement": "Only 8 to 4,000 px."},
    "limits": ["It knows nothing."],
    "preprocess": {
        "resize": "stretch",
        "size": SIDE,
        "interpolation": "bilinear",
        "scale": "0..1",
        "mean": [0.4, 0.5, 0.6],
        "std": [0.2, 0.25, 0.3],
        "channels": "RGB",
        "layout": "NCHW",
    },
    "output": {"kind": "logit"},
}


def card(path: Path, preprocess: dict[str, Any] | None = None, **changed: Any) -> Path:
    document = {**CARD, "preprocess": {**CARD["preprocess"], **(preprocess or {})}, **changed}
    path.write_text(yaml.safe_dump(document), encoding="utf-8")
    return path


def logits(prepared: np.ndarray, classes: int, scale: float = 1) -> np.ndarray:
    """What `graph` gives before its last step, float [N, classes], for prepared pictures [N, H, W, 3]."""
    return scale * (prepared.mean((1, 2)) @ WEIGHTS[:, :classes] + BIAS[:classes])


def graph(
    path: Path,
    *,
    classes: int = 1,
    last: str | None = None,
    layout: str = "NCHW",
    batch: int | str = "N",
    opset: int = 17,
    scale: float = 1,
    of_bytes: bool = False,
    inside: str = "",
    external: bool = False,
) -> Path:
    """`inside`: what else the graph does: `one` (a batch of one is built in), `beside` (pictures mingle), `twice`."""
    nodes = [helper.make_node("Cast", ["pixels"], ["float"], to=TensorProto.FLOAT)]
    constants = [
        numpy_helper.from_array((scale * WEIGHTS)[:, :classes], "weights"),
        numpy_helper.from_array((scale * BIAS)[:classes], "bias"),
        numpy_helper.from_array(np.array([2, 3] if layout == "NCHW" else [1, 2]), "axes"),
        numpy_helper.from_array(np.array([1, 3]), "one"),
        numpy_helper.from_array(np.array([-1]), "flat"),
    ]
    nodes.append(_mean(opset, "float", "mean", constants[2]))
    value = "mean"
    if inside == "one":
        nodes.append(helper.make_node("Reshape", [value, "one"], ["single"]))
        value = "single"
    if inside == "beside":
        nodes.append(_mean(opset, value, "all", numpy_helper.from_array(np.array([0]), "axis"), keep=1))
        nodes.append(helper.make_node("Add", [value, "all"], ["mingled"]))
        constants.append(numpy_helper.from_array(np.array([0]), "axis"))
        value = "mingled"
    nodes.append(helper.make_node("MatMul", [value, "weights"], ["product"]))
    # The names of our own contract, to be got out of the way.
    nodes.append(helper.make_node("Add", ["product", "bias"], ["logit"]))
    value = "logit"
    if last is not None:
        attributes = {"axis": 1} if last == "Softmax" else {}
        nodes.append(helper.make_node(last, [value], ["last"], **attributes))
        value = "last"
    if classes == 1:
        nodes.append(helper.make_node("Reshape", [value, "flat"], ["answer"]))
    else:
        nodes.append(helper.make_node("Identity", [value], ["answer"]))
    outputs = [helper.make_tensor_value_info("answer", TensorProto.FLOAT, None)]
    if inside == "twice":
        outputs.append(helper.make_tensor_value_info("mean", TensorProto.FLOAT, None))
    sides = [3, SIDE, SIDE] if layout == "NCHW" else [SIDE, SIDE, 3]
    taken = helper.make_tensor_value_info(
        "pixels", TensorProto.UINT8 if of_bytes else TensorProto.FLOAT, [batch, *sides]
    )
    model = helper.make_model(
        helper.make_graph(nodes, "mean colour", [taken], outputs, constants),
        opset_imports=[helper.make_opsetid("", opset)],
        ir_version=8,
    )
    outside = {"save_as_external_data": True, "location": "weights.bin", "size_threshold": 0} if external else {}
    onnx.save(model, path, **outside)
    return path


def _mean(opset: int, of: str, to: str, axes: onnx.TensorProto, keep: int = 0) -> onnx.NodeProto:
    if opset >= 18:
        return helper.make_node("ReduceMean", [of, axes.name], [to], keepdims=keep)
    return helper.make_node("ReduceMean", [of], [to], axes=numpy_helper.to_array(axes).tolist(), keepdims=keep)
