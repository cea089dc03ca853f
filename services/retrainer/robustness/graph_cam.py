"""Grad-CAM of a version that draws no map, from its ONNX file alone: it may have been brought, without weights."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx.utils import Extractor

from shared.errors import ConfigurationError, ModelRefused
from shared.scoring.foreign import ForeignGraph

STEP = 0.01
"""Of the mean magnitude of a feature map: how far a channel is moved to see what the logit does."""

MOST = 1 << 24
"""Numbers of feature maps in one inference: 64 MiB."""


class GraphCam:
    """Selvaraju et al., "Grad-CAM" (ICCV 2017, arXiv 1610.02391), without automatic differentiation.

    The paper weighs a channel by the mean of the logit's gradient over its positions. That is the logit's derivative in
    the direction that raises all positions of the channel at once, over their number; central differences give it, with
    the half of the graph behind the last feature map run twice for each channel.
    """

    def __init__(self, content: bytes) -> None:
        """`content` is a model file under our contract. Raises ConfigurationError where it has no feature map."""
        model = onnx.shape_inference.infer_shapes(onnx.load_model_from_string(content))
        self._features, self._before, self._behind = _halves(model)

    def __call__(self, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Float32 [N, h, w] for `pixels`, uint8 [N, H, W, 3]: what speaks for AI above 0, for human below."""
        features = self._before.run(pixels, self._features)
        return np.stack([np.tensordot(self._weights(own), own, 1) for own in features]).astype(np.float32)

    def _weights(self, features: NDArray[np.float32]) -> NDArray[np.float32]:
        """Float32 [C] for the feature map, [C, h, w], of one picture."""
        channels, height, width = features.shape
        step = np.float32(STEP * np.abs(features).mean() or STEP)
        logits = np.empty((channels, 2), np.float32)
        most = max(1, MOST // (2 * features.size))
        for start in range(0, channels, most):
            moved = np.arange(start, min(channels, start + most))
            tried = np.broadcast_to(features, (len(moved), 2, *features.shape)).copy()
            tried[moved - start, 0, moved] += step
            tried[moved - start, 1, moved] -= step
            logits[moved] = self._behind.run(tried.reshape(-1, *features.shape), "logit").reshape(-1, 2)
        weights: NDArray[np.float32] = (logits[:, 0] - logits[:, 1]) / (2 * step * height * width)
        return weights


def of_version(directory: Path) -> GraphCam:
    """Raises ConfigurationError where Grad-CAM has nothing to look at."""
    return GraphCam((directory / "model.onnx").read_bytes())


def _halves(model: onnx.ModelProto) -> tuple[str, ForeignGraph, ForeignGraph]:
    """The last feature map through which all of the logit flows, and the graph before and behind it."""
    extractor = Extractor(model)
    for name in _feature_maps(model):
        try:
            behind = ForeignGraph(extractor.extract_model([name], ["logit"]).SerializeToString())
        except (ModelRefused, ValueError):
            # Something flows past it.
            continue
        return name, ForeignGraph(extractor.extract_model(["pixels"], [name]).SerializeToString()), behind
    raise ConfigurationError("no layer of this network gives a map of more than one position")


def _feature_maps(model: onnx.ModelProto) -> Iterator[str]:
    """Names of tensors [N, C, h, w] of more than one position, from the first convolution on, the last one first."""
    shapes = {value.name: value.type.tensor_type.shape.dim for value in model.graph.value_info}
    nodes = list(model.graph.node)
    first = next((place for place, node in enumerate(nodes) if node.op_type == "Conv"), len(nodes))
    for node in reversed(nodes[first:]):
        for name in node.output:
            sides = [side.dim_value for side in shapes.get(name, ())][1:]
            if len(sides) == 3 and all(sides) and sides[1] * sides[2] > 1:
                yield name
