import errno
import os
import sys
import time

import pytest

from deploy.local.child import Child, StartFailed
from deploy.local.stack import Setup, Stack
from deploy.local.supervisor import LONGEST_PAUSE, STEADY_SECONDS, Restarts, Supervisor

STAYS = "import time; time.sleep(600)"
NOTES_ITS_END = """
import signal, sys, time

def end(*_):
    with open("ends", "a") as file:
        print(sys.argv[1], file=file)
    sys.exit()

signal.signal(signal.SIGTERM, end)
print("ready", flush=True)
time.sleep(600)
"""


@pytest.fixture
def said():
    return []


@pytest.fixture
def supervise(tmp_path, said):
    """Makes a supervisor of scratch children; `said` takes what it says."""
    made = []

    def child(kind, name, code):
        command = [sys.executable, "-c", code, name]
        return kind(name, command, log=tmp_path / f"{name}.log", environment=dict(os.environ))

    def supervisor(*, server=STAYS, setup="", api=STAYS, worker=STAYS, stop_seconds=10):
        kept = child(Child, "server", server)
        kept.prepare = lambda: None
        stack = Stack(
            servers=[kept],
            setup=child(Setup, "setup", setup),
            api=child(Child, "api", api),
            workers=[child(Child, "worker", worker)],
        )
        made.append((Supervisor(stack, said.append, stop_seconds=stop_seconds), stack))
        return made[-1]

    yield supervisor
    for supervisor, _ in made:
        supervisor.stop()


def interrupt_after(said, count):
    """What to say to, for a watch that ends with that many lines."""

    def say(line):
        said.append(line)
        if len(said) == count:
            raise KeyboardInterrupt

    return say


def wait_until(condition):
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_parts_start_in_order_and_each_that_is_ready_is_said(supervise, said):
    supervisor, stack = supervise()
    supervisor.start()
    assert [line.split()[0] for line in said] == ["server", "setup", "api"]
    assert all(child.running for child in (*stack.servers, *stack.services))


def test_a_setup_that_fails_ends_the_start_before_any_service_runs(supervise):
    supervisor, stack = supervise(setup="import sys; sys.exit('no migration')")
    with pytest.raises(StartFailed, match="setup did not start: no migration"):
        supervisor.start()
    assert not any(child.running for child in stack.services)


def test_a_server_that_dies_meanwhile_ends_the_start(supervise):
    supervisor, _ = supervise(server="import sys; sys.exit('disk full')", setup=STAYS)
    with pytest.raises(StartFailed, match="server did not start: disk full"):
        supervisor.start()


def test_a_part_that_dies_later_is_said_and_started_again_after_a_longer_pause_each_time(supervise, said):
    supervisor, _ = supervise(worker="raise SystemExit(3)")
    supervisor.start()
    said.clear()
    supervisor._say = interrupt_after(said, 2)
    with pytest.raises(KeyboardInterrupt):
        supervisor.watch()
    assert "worker ended with exit code 3; it starts again in 1 s" in said[0]
    assert "worker ended with exit code 3; it starts again in 2 s" in said[1]


def test_a_part_that_dies_is_started_again_although_the_disk_is_too_full_to_say_so(supervise, said):
    supervisor, stack = supervise(worker="raise SystemExit(7)")
    supervisor.start()
    hear = interrupt_after(said, len(said) + 2)

    def say(line):
        hear(line)
        raise OSError(errno.ENOSPC, "No space left on device")

    supervisor._say = say
    with pytest.raises(KeyboardInterrupt):
        supervisor.watch()
    assert [line.split()[1] for line in said[-2:]] == ["worker", "worker"]
    assert stack.api.running


def test_pauses_double_up_to_a_cap_and_a_long_life_is_forgiven():
    restarts = Restarts()
    assert [restarts.note_death(lived=1) for _ in range(7)] == [1, 2, 4, 8, 16, LONGEST_PAUSE, LONGEST_PAUSE]
    assert restarts.note_death(lived=STEADY_SECONDS + 1) == 1


def test_services_end_before_servers(supervise, tmp_path):
    supervisor, stack = supervise(server=NOTES_ITS_END, api=NOTES_ITS_END, worker=NOTES_ITS_END)
    supervisor.start()
    wait_until(lambda: all(child.log.read_text() for child in (*stack.servers, *stack.services)))
    supervisor.stop()
    ends = (tmp_path / "ends").read_text().split()
    assert sorted(ends[:2]) == ["api", "worker"]
    assert ends[2:] == ["server"]


def test_a_stop_before_everything_has_started_leaves_nothing(supervise):
    supervisor, stack = supervise(setup=STAYS)
    for child in (*stack.servers, stack.setup):
        child.start()
    supervisor.stop()
    assert not any(child.running for child in (*stack.servers, stack.setup, *stack.services))
