"""The processes of a stack that a test started, found by the home that they serve."""

import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import psutil


def of_stack(home: Path, argument: str) -> list[psutil.Process]:
    """Those of this stack with an argument that begins so."""
    found = []
    for process in psutil.process_iter(["cmdline"]):
        with suppress(psutil.Error):
            ours = process.environ().get("JINWI_HOME") == str(home)
            if ours and any(one.startswith(argument) for one in process.info["cmdline"] or []):
                found.append(process)
    return found


def wait_until(condition: Callable[[], bool], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)
