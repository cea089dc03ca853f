"""onnxruntime reports its use to its maker unless it is told not to; here it is told."""

import os
import subprocess
import sys
from pathlib import Path

from shared.scoring import shipped

SCORE = "import sys; from shared.scoring import session; session.ort.InferenceSession(sys.argv[1])"


def test_a_process_that_scores_keeps_no_identifier_and_nothing_to_report(tmp_path):
    # Where its builds would keep both: in the user's cache, and beside other temporary files.
    home = {"HOME": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path), "TMPDIR": str(tmp_path)}
    environment = {name: value for name, value in os.environ.items() if name != "ORT_DISABLE_TELEMETRY"} | home
    command = [sys.executable, "-c", SCORE, str(shipped()[-1] / "model.onnx")]
    subprocess.run(command, env=environment, cwd=Path(__file__).parents[4], check=True)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []
