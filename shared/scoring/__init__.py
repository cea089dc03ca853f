"""Model file and pixels in, score and map out: the one place that runs ONNX."""

import os
from pathlib import Path

# Before anything imports onnxruntime: its official builds keep an identifier of this machine and report their use to
# their maker unless told not to (its Privacy.md). `disable_telemetry_events` comes too late, and leaves the identifier.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"

SHIPPED = Path(__file__).parent / "shipped"


def shipped() -> list[Path]:
    """The model versions that come with this distribution, a folder each, the oldest first."""
    folders = [path for path in SHIPPED.iterdir() if path.is_dir()]
    return sorted(folders, key=lambda path: [int(part) for part in path.name.split(".")])
