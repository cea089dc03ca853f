import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from deploy.local.child import Child, StartFailed

FAMILY = "import subprocess, time; subprocess.Popen(['sleep', '600']); print('ready', flush=True); time.sleep(600)"
PATIENT = (
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('ready', flush=True); time.sleep(600)"
)

SUPERVISOR = """
import sys
from pathlib import Path
from deploy.local.child import Child

child = Child("sleeper", ["sleep", "600"], log=Path(sys.argv[1]), environment={})
child.start()
print(child.pid, flush=True)
sys.stdin.read()
"""


@pytest.fixture
def make(tmp_path):
    """Makes a child that runs some Python."""
    made = []

    def child(code, name="part"):
        command = [sys.executable, "-c", code]
        made.append(Child(name, command, log=tmp_path / f"{name}.log", environment=dict(os.environ)))
        return made[-1]

    yield child
    for child in made:
        child.kill()


def wait_until(condition):
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_a_program_that_is_not_there_is_said_by_the_name_of_the_part(tmp_path):
    child = Child("part", [str(tmp_path / "none")], log=tmp_path / "log", environment={})
    with pytest.raises(StartFailed, match=r"part cannot be started: .*none"):
        child.start()


def test_one_that_ends_at_once_is_said_with_the_last_line_of_its_log(make):
    child = make("import sys; print('first'); sys.exit('the reason\\n\\n')")
    child.start()
    wait_until(lambda: not child.running)
    with pytest.raises(StartFailed, match=rf"part did not start: the reason \(log: {child.log}\)"):
        child.await_ready()


def test_one_that_says_nothing_is_said_with_its_exit_code(make):
    child = make("raise SystemExit(3)")
    child.start()
    wait_until(lambda: not child.running)
    with pytest.raises(StartFailed, match="exit code 3"):
        child.check()


def test_what_keeps_another_from_starting_ends_the_wait(make):
    def fail():
        raise StartFailed("another")

    child = make("import time; time.sleep(600)")
    child.ready = lambda: False
    child.start()
    with pytest.raises(StartFailed, match="another"):
        child.await_ready(check=fail)


def test_one_that_ignores_the_signal_is_killed_after_its_time(make):
    child = make(PATIENT)
    child.start()
    wait_until(child.log.read_text)
    started = time.monotonic()
    child.stop(seconds=0.2)
    assert not child.running
    assert 0.2 <= time.monotonic() - started < 5


def test_it_takes_its_own_children_along(make):
    child = make(FAMILY)
    child.start()
    wait_until(child.log.read_text)
    [grandchild] = psutil.Process(child.pid).children()
    child.kill()
    _, alive = psutil.wait_procs([grandchild], timeout=10)
    assert not alive


def test_it_starts_again_after_it_was_killed(make):
    child = make("import time; time.sleep(600)")
    child.start()
    first = child.pid
    child.kill()
    child.start()
    assert child.running
    assert child.pid != first


@pytest.mark.skipif(sys.platform != "linux", reason="prctl(2) is Linux's")
def test_it_does_not_outlive_a_killed_supervisor(tmp_path):
    command = [sys.executable, "-c", SUPERVISOR, tmp_path / "log"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as supervisor:
        child = psutil.Process(int(supervisor.stdout.readline()))
        supervisor.send_signal(signal.SIGKILL)
        _, alive = psutil.wait_procs([child], timeout=10)
    assert not alive
    assert Path(tmp_path / "log").exists()
