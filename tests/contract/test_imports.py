"""The import contracts hold, and each of them breaks when somebody breaks it."""

import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("jinwi", "shared", "services", "deploy", "bench")

# The contract, the module that goes astray, and the line that it should not have.
VIOLATIONS = {
    "Services never import each other": ("services/api/deps.py", "import services.worker.loop"),
    "What is shared knows no service": ("shared/config.py", "import services.api.deps"),
    "Nothing that runs imports what measures it": ("services/retrainer/networks/cost.py", "import bench.pace"),
    "Rooms stand above the domain and beside each other": ("shared/imaging/header.py", "import shared.storage.db"),
    "Rooms of the retrainer stand in layers": (
        "services/retrainer/teaching/lessons.py",
        "import services.retrainer.gate.guard",
    ),
    "The domain is standard library only": ("shared/domain/job.py", "import pydantic"),
    "psycopg and minio only in shared.storage": ("services/api/submit.py", "import psycopg"),
    "Celery only in shared.queue, the worker and the retrainer": ("services/api/deps.py", "import celery"),
    "onnxruntime only in shared.scoring": ("services/worker/verify.py", "import onnxruntime"),
    "c2pa only in shared.provenance, which only the process that decodes imports": (
        "services/api/deps.py",
        "import shared.provenance.read",
    ),
    "torch only in the retrainer": ("services/worker/verify.py", "import torch"),
    "The API carries no numpy, onnxruntime or torch, not even indirectly": ("shared/storage/db.py", "import numpy"),
    "Rooms of the SDK and the command line stand in layers": (
        "jinwi/transport/wire.py",
        "import jinwi.texts.language",
    ),
    "The SDK imports nothing of ours": ("jinwi/client.py", "import shared.domain.job"),
}


def lint(folder: Path) -> subprocess.CompletedProcess:
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"]
    return subprocess.run(
        command, cwd=folder, capture_output=True, text=True, check=False, env={"PYTHONPATH": str(folder)}
    )


@pytest.fixture
def copy(tmp_path):
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    for package in PACKAGES:
        shutil.copytree(ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__", "shipped"))
    return tmp_path


def test_every_contract_is_kept():
    result = lint(ROOT)
    assert result.returncode == 0, result.stdout


def test_every_contract_has_a_violation_here():
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    assert {contract["name"] for contract in contracts} == VIOLATIONS.keys()


@pytest.mark.parametrize("contract", VIOLATIONS)
def test_a_planted_violation_breaks_its_contract(copy, contract):
    file, line = VIOLATIONS[contract]
    (copy / file).write_text(f"{(copy / file).read_text()}\n{line}\n")
    result = lint(copy)
    assert result.returncode == 1, result.stdout
    assert f"{contract} BROKEN" in result.stdout


@pytest.mark.parametrize(
    ("package", "contract"),
    [
        ("services.retrainer", "Rooms of the retrainer stand in layers"),
        ("jinwi", "Rooms of the SDK and the command line stand in layers"),
    ],
)
def test_a_new_room_must_be_given_its_layer(copy, package, contract):
    room = copy / package.replace(".", "/") / "attic"
    room.mkdir()
    (room / "__init__.py").touch()
    result = lint(copy)
    assert result.returncode == 1, result.stdout
    assert f"{contract} BROKEN" in result.stdout
    assert f"{package}.attic" in result.stdout
