"""The distribution, as an image of the API gets it: built, installed with one extra, and complete."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def run(*command: str | Path, cwd: Path) -> str:
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    result = subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    folder = tmp_path_factory.mktemp("wheel")
    run(sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "-w", folder, ROOT, cwd=folder)
    return next(folder.glob("*.whl"))


def test_the_wheel_carries_statements_migrations_page_and_weights(wheel):
    names = set(zipfile.ZipFile(wheel).namelist())
    for expected in (
        "shared/storage/sql/migrations/0001_initial.sql",
        "shared/storage/sql/queries/jobs.sql",
        *(path.relative_to(ROOT).as_posix() for path in (ROOT / "services/api/web").iterdir()),
        "shared/scoring/shipped/0.1.0/model.onnx",
        "jinwi/py.typed",
    ):
        assert expected in names
    assert not [name for name in names if name.startswith(("tests/", "docs/"))]


@pytest.mark.timeout(400)
def test_the_api_extra_runs_without_numpy_onnxruntime_and_torch(wheel, tmp_path):
    python = tmp_path / "venv" / "bin" / "python"
    run(sys.executable, "-m", "venv", "--without-pip", tmp_path / "venv", cwd=tmp_path)
    pip = (sys.executable, "-m", "pip", "--python", python)
    run(*pip, "install", "-q", "--no-compile", f"{wheel}[api]", cwd=tmp_path)
    installed = {line.split("==")[0].lower() for line in run(*pip, "freeze", cwd=tmp_path).splitlines()}
    assert installed.isdisjoint({"numpy", "onnxruntime", "torch", "pillow", "pillow-heif"})
    code = (
        "from services.api.main import create_app; from shared import config;"
        "print(create_app(config.load()).openapi()['openapi'])"
    )
    assert run(python, "-c", code, cwd=tmp_path).startswith("3.1")
