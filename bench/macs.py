"""Multiply-accumulates of a served graph, counted in the file itself."""

import math
from pathlib import Path

import onnx
from onnx import ModelProto, NodeProto

Shapes = dict[str, list[int]]


def macs(path: Path) -> int:
    """Of convolutions and matrix products for one input of model.onnx; a free dimension counts as 1."""
    model = onnx.shape_inference.infer_shapes(onnx.load(path), strict_mode=True)
    shapes = _shapes(model)
    return sum(_macs(node, shapes) for node in model.graph.node)


def _shapes(model: ModelProto) -> Shapes:
    graph = model.graph
    shapes = {tensor.name: list(tensor.dims) for tensor in graph.initializer}
    for value in (*graph.input, *graph.value_info, *graph.output):
        shapes[value.name] = [side.dim_value or 1 for side in value.type.tensor_type.shape.dim]
    for node in graph.node:
        if node.op_type == "Constant":
            shapes[node.output[0]] = list(node.attribute[0].t.dims)
    return shapes


def _macs(node: NodeProto, shapes: Shapes) -> int:
    """Each number of the output is a sum of so many products."""
    if node.op_type == "Conv":
        products = math.prod(shapes[node.input[1]][1:])
    elif node.op_type == "MatMul":
        products = shapes[node.input[0]][-1]
    elif node.op_type == "Gemm":
        turned = any(attribute.name == "transA" and attribute.i for attribute in node.attribute)
        products = shapes[node.input[0]][0 if turned else 1]
    else:
        return 0
    return math.prod(shapes[node.output[0]]) * products
