"""What the command line needs before it does anything."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[4]


@pytest.mark.parametrize(("part", "arguments"), [("torch", ["train"]), ("deploy.local.command", ["up"])])
def test_a_part_that_is_not_installed_is_named_with_its_extra(command, monkeypatch, part, arguments):
    monkeypatch.setitem(sys.modules, part, None)
    for loaded in [name for name in sys.modules if name.startswith("services.retrainer")]:
        monkeypatch.delitem(sys.modules, loaded)
    if arguments == ["train"]:
        arguments = ["train", "--arch", "a", "--data", "d", "--version", "0.0.1", "--out", "o"]
    result = command(*arguments)
    assert result.exit_code == 1
    (line,) = result.stderr.splitlines()
    assert line.startswith(f"{part} is not installed.")


def test_help_waits_for_no_client_and_no_model():
    code = "import sys, jinwi.cli; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert not {"httpx", "asyncio", "numpy", "PIL", "torch", "pydantic"} & set(loaded.stdout.split())
