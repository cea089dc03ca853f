"""Model file and pixels in, score and map out: the one place that runs ONNX."""

from pathlib import Path

SHIPPED = Path(__file__).parent / "shipped"
"""The model versions that come with this distribution, a folder each."""
