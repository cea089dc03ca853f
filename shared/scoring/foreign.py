"""An ONNX graph under no contract of ours, run as it is."""

from typing import Any

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray

from shared.errors import ModelRefused
from shared.scoring.session import ORT_ERRORS


class ForeignGraph:
    """`content` is an ONNX file with its weights inside. Raises ModelRefused where it cannot be loaded."""

    def __init__(self, content: bytes) -> None:
        options = ort.SessionOptions()
        # Errors are raised; what it warns of is the exporter's style.
        options.log_severity_level = 3
        try:
            self._session = ort.InferenceSession(content, options, providers=["CPUExecutionProvider"])
        except ORT_ERRORS as exc:
            raise ModelRefused(f"ONNX Runtime cannot load the graph: {exc}") from exc

    def run(self, value: NDArray[Any], output: str) -> NDArray[Any]:
        """What `output` is for the graph's one input; raises ModelRefused where it cannot be had."""
        (taken,) = self._session.get_inputs()
        try:
            (result,) = self._session.run([output], {taken.name: value})
        except ORT_ERRORS as exc:
            raise ModelRefused(f"ONNX Runtime cannot run the graph: {exc}") from exc
        return np.asarray(result)
