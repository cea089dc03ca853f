"""A foreign ONNX graph, wrapped so that it fulfils the contract: `pixels` uint8 [N, H, W, 3] in, `logit` [N] out."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from google.protobuf.message import DecodeError
from numpy.typing import NDArray
from onnx import TensorProto, compose, external_data_helper, helper, numpy_helper, version_converter
from onnx.checker import ValidationError

from services.retrainer.bring.card import Output, Preprocess
from shared.domain.model_card import InputSpec
from shared.errors import ModelRefused

LARGEST_BYTES = 2_000_000_000
"""Protocol buffers end at 2 GiB; some room for what the wrapping adds."""

LEAST_OPSET = 8
"""From here on Min and Max broadcast, as the wrapping needs."""
CONVERTED_OPSET = 17
LEAST_IR = 8
"""From version 4 on weights need not be inputs."""

CLIP = 1e-4
"""How near to 0 and 1 a probability is believed.

Next to 1 a float32 knows steps of 6e-8; beyond 1 − 1e-4 one of them moves the logit by more than 6e-4, and golden
outputs would differ between processors. Where the graph's last step is a sigmoid, it is taken away instead.
"""
TINY = 1e-30

PREFIX = "brought/"
OWN = "jinwi/"
FLOATS = frozenset({TensorProto.FLOAT, TensorProto.FLOAT16, TensorProto.BFLOAT16})
SHAPES_ONLY = frozenset({"Flatten", "Identity", "Reshape", "Squeeze", "Unsqueeze"})

FREE_BATCH = (
    "Export it again with a free batch: torch.onnx.export(…, input_names=['input'], output_names=['output'], "
    "dynamic_axes={'input': {0: 'N'}, 'output': {0: 'N'}})"
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Graph:
    """A foreign network and its two ends; `batch` is how many pictures it insists on, 1 where it is free.

    `content` is the file as it came, with its weights inside; `model` the same, modern enough to be wrapped.
    """

    content: bytes
    model: onnx.ModelProto
    input: str
    output: str
    of_bytes: bool
    batch: int
    parameters: int


def load_graph(file: Path, preprocess: Preprocess, output: Output) -> Graph:
    """Read an ONNX file with its weights; raises ModelRefused where the card and the graph do not fit."""
    model = _load(file)
    content = model.SerializeToString()
    model = _modern(model, file)
    taken = _input(model)
    shape = [dimension.dim_value or None for dimension in taken.type.tensor_type.shape.dim]
    _require_shape(shape, preprocess)
    _require_dtype(taken, preprocess)
    judged = _output(model, output)
    _require_kind(model.graph, judged, output)
    return Graph(
        content=content,
        model=model,
        input=taken.name,
        output=judged,
        of_bytes=taken.type.tensor_type.elem_type == TensorProto.UINT8,
        batch=shape[0] or 1,
        parameters=sum(math.prod(weight.dims) for weight in model.graph.initializer if weight.data_type in FLOATS),
    )


def _load(file: Path) -> onnx.ModelProto:
    try:
        model = onnx.load(file, load_external_data=False)
        size = file.stat().st_size + sum(_external_bytes(model, file.parent))
        if size > LARGEST_BYTES:
            raise ModelRefused(
                f"{file} has {size:,} bytes with its weights, and one ONNX file holds at most {LARGEST_BYTES:,}: "
                "bring a smaller network"
            )
        external_data_helper.load_external_data_for_model(model, str(file.parent))
    except DecodeError as exc:
        raise ModelRefused(f"{file} is not an ONNX file") from exc
    except (ValueError, ValidationError) as exc:
        raise ModelRefused(f"the weights of {file} that lie in another file cannot be read: {exc}") from exc
    if not model.graph.node:
        raise ModelRefused(f"{file} is not an ONNX file, or an empty one")
    return model


def _external_bytes(model: onnx.ModelProto, folder: Path) -> list[int]:
    weights = [tensor for tensor in model.graph.initializer if external_data_helper.uses_external_data(tensor)]
    places = {external_data_helper.ExternalDataInfo(tensor).location for tensor in weights}
    return [(folder / place).stat().st_size for place in places]


def _modern(model: onnx.ModelProto, file: Path) -> onnx.ModelProto:
    """The same network in an opset and format that the wrapping can be written in."""
    if _opset(model) < LEAST_OPSET:
        try:
            model = version_converter.convert_version(model, CONVERTED_OPSET)
        except (RuntimeError, ValueError) as exc:
            raise ModelRefused(
                f"{file} is written in opset {_opset(model)}, which cannot be converted: export it again with "
                f"opset_version={CONVERTED_OPSET} ({exc})"
            ) from exc
    model.ir_version = max(model.ir_version, LEAST_IR)
    return model


def _opset(model: onnx.ModelProto) -> int:
    return next((entry.version for entry in model.opset_import if entry.domain in {"", "ai.onnx"}), 1)


def _input(model: onnx.ModelProto) -> onnx.ValueInfoProto:
    weights = {tensor.name for tensor in model.graph.initializer}
    inputs = [tensor for tensor in model.graph.input if tensor.name not in weights]
    if len(inputs) != 1:
        names = ", ".join(tensor.name for tensor in inputs)
        raise ModelRefused(f"the graph takes {names}: export one that takes the picture alone")
    return inputs[0]


def _require_shape(shape: Sequence[int | None], preprocess: Preprocess) -> None:
    size = preprocess.size
    wanted = (3, size.height, size.width) if preprocess.layout == "NCHW" else (size.height, size.width, 3)
    if len(shape) != 4 or any(has is not None and has != want for has, want in zip(shape[1:], wanted, strict=True)):
        shown = "×".join("?" if side is None else str(side) for side in shape)
        raise ModelRefused(
            f"the graph takes {shown}, the card says N×{'×'.join(map(str, wanted))}: mend preprocess.size or "
            "preprocess.layout"
        )


def _require_dtype(taken: onnx.ValueInfoProto, preprocess: Preprocess) -> None:
    number = taken.type.tensor_type.elem_type
    if number not in {TensorProto.FLOAT, TensorProto.UINT8}:
        name = TensorProto.DataType.Name(number).lower()
        raise ModelRefused(f"the graph takes {name}: export it in float32, as in model.float()")
    plain = (preprocess.scale, preprocess.mean, preprocess.std) == ("0..255", (0.0, 0.0, 0.0), (1.0, 1.0, 1.0))
    if number == TensorProto.UINT8 and not plain:
        raise ModelRefused("the graph takes bytes: preprocess.scale must be 0..255, with no mean and no std")


def _output(model: onnx.ModelProto, output: Output) -> str:
    names = [tensor.name for tensor in model.graph.output]
    if output.name is None and len(names) == 1:
        return names[0]
    if output.name not in names:
        said = "output.name is missing" if output.name is None else f"output.name {output.name} is not there"
        raise ModelRefused(f"{said}: the graph's outputs are {', '.join(names)}")
    return output.name


def _require_kind(graph: onnx.GraphProto, judged: str, output: Output) -> None:
    last, _ = _last_step(graph, judged)
    if last in {"Sigmoid", "Softmax"} and not output.speaks_in_probabilities:
        kind = "class_probabilities" if output.of_classes else "probability"
        raise ModelRefused(
            f"the graph ends in a {last.lower()}, so its output is no {output.kind}: mend output.kind: {kind}"
        )


def _last_step(graph: onnx.GraphProto, value: str) -> tuple[str, str]:
    """The operator behind `value`, changes of shape left out, and the name of what it gives."""
    makers = {name: node for node in graph.node for name in node.output}
    while (node := makers.get(value)) is not None and node.op_type in SHAPES_ONLY:
        value = node.input[0]
    return (node.op_type if node is not None else "", value)


def wrap(graph: Graph, preprocess: Preprocess, output: Output, *, classes: int) -> onnx.ModelProto:
    """A new model under the contract; `classes` is how many numbers the graph gives for a picture."""
    model = onnx.ModelProto()
    model.CopyFrom(graph.model)
    compose.add_prefix(model, PREFIX, inplace=True)
    inner, judged = model.graph, PREFIX + graph.output
    kind = _without_sigmoid(inner, judged) if output.kind == "probability" else output.kind
    # What was said of shapes holds for the batch that the graph was exported with.
    del inner.value_info[:]
    nodes = _Nodes(_opset(model))
    _prepare(nodes, preprocess, PREFIX + graph.input, of_bytes=graph.of_bytes)
    before = len(nodes.nodes)
    if output.of_classes:
        _of_classes(nodes, judged, output, classes)
    else:
        _of_one(nodes, judged, kind, rises_with_ai=output.rises_with_ai)
    body = list(inner.node)
    del inner.node[:]
    inner.node.extend([*nodes.nodes[:before], *body, *nodes.nodes[before:]])
    inner.initializer.extend(nodes.constants)
    _set_ends(inner, preprocess.spec())
    return model


class _Nodes:
    """Nodes and constants with names of their own, in the opset of the graph that they are added to."""

    def __init__(self, opset: int) -> None:
        self.opset = opset
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []

    def add(self, kind: str, *inputs: str | NDArray[Any], named: str | None = None, **attributes: Any) -> str:
        """The name of what the node gives; inputs that are arrays become constants."""
        names = [value if isinstance(value, str) else self._constant(value) for value in inputs]
        node = f"{OWN}{kind}_{len(self.nodes)}"
        gives = named or node
        self.nodes.append(helper.make_node(kind, names, [gives], name=node, **attributes))
        return gives

    def log_sum_exp(self, value: str) -> str:
        """Over the axis 1; opset 18 made the axes an input."""
        if self.opset >= 18:
            return self.add("ReduceLogSumExp", value, np.array([1], np.int64), keepdims=0)
        return self.add("ReduceLogSumExp", value, axes=[1], keepdims=0)

    def _constant(self, value: NDArray[Any]) -> str:
        name = f"{OWN}constant_{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(value, name))
        return name


def _prepare(nodes: _Nodes, preprocess: Preprocess, to: str, *, of_bytes: bool) -> None:
    """From `pixels` to what the network reads; bytes are moved before they become four times as large."""
    value = "pixels"
    if preprocess.channels == "BGR":
        value = nodes.add("Gather", value, np.array([2, 1, 0]), axis=3)
    if preprocess.layout == "NCHW":
        value = nodes.add("Transpose", value, perm=[0, 3, 1, 2])
    if not of_bytes:
        value = nodes.add("Cast", value, to=TensorProto.FLOAT)
        if preprocess.scale == "0..1":
            value = nodes.add("Div", value, _number(255))
        value = nodes.add("Sub", value, _of_channels(preprocess.mean, preprocess))
        value = nodes.add("Div", value, _of_channels(preprocess.std, preprocess))
    nodes.add("Identity", value, named=to)


def _number(value: float) -> NDArray[np.float32]:
    return np.array(value, np.float32)


def _of_channels(values: Sequence[float], preprocess: Preprocess) -> NDArray[np.float32]:
    shape = (1, 3, 1, 1) if preprocess.layout == "NCHW" else (1, 1, 1, 3)
    return np.array(values, np.float32).reshape(shape)


def _of_one(nodes: _Nodes, judged: str, kind: str, *, rises_with_ai: bool) -> None:
    value = nodes.add("Reshape", judged, np.array([-1]))
    if kind == "probability":
        value = nodes.add("Min", nodes.add("Max", value, _number(CLIP)), _number(1 - CLIP))
        value = nodes.add("Sub", nodes.add("Log", value), nodes.add("Log", nodes.add("Sub", _number(1), value)))
    nodes.add("Identity" if rises_with_ai else "Neg", value, named="logit")


def _of_classes(nodes: _Nodes, judged: str, output: Output, classes: int) -> None:
    """Log of (what the AI classes have together ÷ what the others have together)."""
    value = nodes.add("Reshape", judged, np.array([-1, classes]))
    if output.kind == "class_probabilities":
        value = nodes.add("Log", nodes.add("Max", value, _number(TINY)))
    ai = [index for index in range(classes) if index in (output.ai_class or ())]
    others = [index for index in range(classes) if index not in ai]
    sums = [nodes.log_sum_exp(nodes.add("Gather", value, np.array(group), axis=1)) for group in (ai, others)]
    nodes.add("Sub", *sums, named="logit")


def _without_sigmoid(graph: onnx.GraphProto, output: str) -> str:
    """Take a last sigmoid away, whose answers near 1 float32 cannot tell apart; `logit` where there was one."""
    last, value = _last_step(graph, output)
    readers = sum(list(node.input).count(value) for node in graph.node)
    if last != "Sigmoid" or readers > (value != output):
        return "probability"
    next(node for node in graph.node if value in node.output).op_type = "Identity"
    return "logit"


def _set_ends(graph: onnx.GraphProto, spec: InputSpec) -> None:
    del graph.input[:]
    del graph.output[:]
    sides = ["N", spec.height, spec.width, 3]
    graph.input.append(helper.make_tensor_value_info("pixels", TensorProto.UINT8, sides))
    graph.output.append(helper.make_tensor_value_info("logit", TensorProto.FLOAT, ["N"]))
