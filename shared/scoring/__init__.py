"""Model file and pixels in, score and map out: the one place that runs ONNX."""

from pathlib import Path

SHIPPED = Path(__file__).parent / "shipped"


def shipped() -> list[Path]:
    """The model versions that come with this distribution, a folder each, the oldest first."""
    folders = [path for path in SHIPPED.iterdir() if path.is_dir()]
    return sorted(folders, key=lambda path: [int(part) for part in path.name.split(".")])
