"""Each promise is tried in a process of its own: most cannot be taken back."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[4]


def run(code: str) -> subprocess.CompletedProcess:
    program = f"import resource\nfrom shared.decoding import sandbox\n{code}"
    command = [sys.executable, "-c", program]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=60)


def test_processor_time_is_granted_anew_for_each_picture():
    done = run(
        "import time\n"
        "sandbox.allow_cpu(1.5)\n"
        "first = resource.getrlimit(resource.RLIMIT_CPU)[0]\n"
        "while time.process_time() < 1.2: pass\n"
        "sandbox.allow_cpu(1.5)\n"
        "print(first, resource.getrlimit(resource.RLIMIT_CPU)[0])"
    )

    first, second = map(int, done.stdout.split())
    assert 2 <= first < second


def test_processor_time_used_up_ends_the_process():
    assert run("sandbox.allow_cpu(0)\nwhile True: pass").returncode == -signal.SIGXCPU


@pytest.mark.parametrize(
    ("code", "error"),
    [
        ("bytearray(200 << 20)", "MemoryError"),
        ("os.pwrite(os.open('written', os.O_CREAT | os.O_WRONLY), b'x', 64 << 20)", "File too large"),
        ("[open('/dev/null') for _ in range(64)]", "Too many open files"),
    ],
)
def test_what_is_limited_fails(tmp_path, code, error):
    done = run(f"import os\nos.chdir({str(tmp_path)!r})\nsandbox.limit_resources(150 << 20)\n{code}")

    assert done.returncode == 1
    assert error in done.stderr


def test_nothing_is_reached_once_the_network_is_left():
    done = run(
        "import socket\n"
        "server = socket.create_server(('127.0.0.1', 0))\n"
        "left = sandbox.leave_network()\n"
        "try:\n"
        "    socket.create_connection(server.getsockname(), timeout=5)\n"
        "except OSError: reached = False\n"
        "else: reached = True\n"
        "print(left, reached)"
    )
    if done.stdout.startswith("False"):
        pytest.skip("this system lets no process of ours make a network namespace")

    assert done.stdout.split() == ["True", "False"]
