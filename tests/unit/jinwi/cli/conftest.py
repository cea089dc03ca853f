"""The command line against a real server on the loopback."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from jinwi.cli import app
from tests.unit.jinwi.conftest import KEY, PNG

ROOT = Path(__file__).parents[4]


def environment(jinwi, tmp_path):
    return {"JINWI_URL": jinwi.url, "JINWI_API_KEY": KEY, "JINWI_HOME": str(tmp_path / "home"), "LC_ALL": "C.UTF-8"}


@pytest.fixture
def command(jinwi, tmp_path):
    def run(*arguments, **changed):
        variables = {**environment(jinwi, tmp_path), **changed}
        return CliRunner().invoke(app, [str(each) for each in arguments], env=variables)

    return run


@pytest.fixture
def process(jinwi, tmp_path):
    """Start the command as a process of its own; the test ends it."""
    started = []

    def start(*arguments):
        line = [sys.executable, "-c", "from jinwi.cli import main; main()", *map(str, arguments)]
        variables = {**os.environ, **environment(jinwi, tmp_path)}
        running = subprocess.Popen(
            line, cwd=ROOT, env=variables, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        started.append(running)
        return running

    yield start
    for running in started:
        running.kill()
        running.communicate()


@pytest.fixture
def folder(tmp_path):
    """Nine images and a text."""
    folder = tmp_path / "folder"
    folder.mkdir()
    for percent in range(10, 100, 10):
        (folder / f"{percent}.png").write_bytes(PNG + bytes([percent]))
    (folder / "notes.txt").write_text("not an image")
    return folder


def lines(result):
    return [json.loads(line) for line in result.stdout.splitlines()]
