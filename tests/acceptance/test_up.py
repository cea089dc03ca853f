"""`jinwi up` and `jinwi down`, as a person runs them: real processes, real servers, one machine."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

from deploy.local import wheels
from deploy.local.servers import free_ports
from jinwi import Client

START_SECONDS = 120
READY = "Stop it with Ctrl-C"


@dataclass(frozen=True, kw_only=True, slots=True)
class Up:
    """A `jinwi up` in the foreground."""

    process: subprocess.Popen
    output: Path
    home: Path
    environment: dict[str, str]
    url: str

    def said(self, pattern):
        return re.search(pattern, self.output.read_text())

    def tree(self):
        supervisor = psutil.Process(self.process.pid)
        return [supervisor, *supervisor.children(recursive=True)]

    def child(self, *words):
        """The one process started by the supervisor whose command has these words."""
        children = psutil.Process(self.process.pid).children()
        [found] = [child for child in children if set(words) <= set(child.cmdline())]
        return found


def wait_until(condition, seconds=60):
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.05)
    return found


def settings_for(home):
    return {"JINWI_HOME": str(home), "JINWI_PORT": str(free_ports(1)[0])}


@contextmanager
def started(home, output):
    environment = settings_for(home)
    with output.open("wb") as file:
        process = subprocess.Popen(
            [Path(sys.executable).with_name("jinwi"), "up"],
            env={**os.environ, **environment},
            stdout=file,
            stderr=file,
        )
    up = Up(
        process=process,
        output=output,
        home=home,
        environment=environment,
        url=f"http://127.0.0.1:{environment['JINWI_PORT']}",
    )
    try:
        wait_until(lambda: up.said(READY) or process.poll() is not None, START_SECONDS)
        assert process.poll() is None, output.read_text()
        yield up
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(60)


def processes_of(home):
    """Whatever works in that folder: each child does, from its start to its end."""
    found = []
    for process in psutil.process_iter():
        try:
            if Path(process.cwd()).is_relative_to(home):
                found.append(process)
        except psutil.Error:
            continue
    return found


@pytest.fixture(scope="module")
def up(tmp_path_factory):
    folder = tmp_path_factory.mktemp("up")
    with started(folder / "home", folder / "output") as up:
        yield up


def test_the_first_up_verifies_a_photograph_and_prints_both_probabilities(up):
    row = up.said(r"grace_hopper.jpg\D+(\d+) %\D+(\d+) %")
    assert row, up.output.read_text()
    assert int(row[1]) + int(row[2]) == 100
    assert up.said("Jobs from before: 0")
    assert up.said("Supporting evidence only. A person decides.")


def test_it_prints_where_it_is_and_where_the_key_is(up):
    assert up.said(f"Jinwi runs at {up.url}")
    assert up.said(f"API key: {up.home / 'key'}")
    with urllib.request.urlopen(f"{up.url}/health/ready") as answer:
        assert answer.status == 200


def test_what_it_keeps_is_for_its_owner_alone(up):
    assert up.home.stat().st_mode & 0o777 == 0o700
    assert (up.home / "key").stat().st_mode & 0o777 == 0o600


def test_no_secret_stands_in_the_arguments_of_a_process(up):
    arguments = " ".join(word for process in up.tree() for word in process.cmdline())
    for secret in re.findall(r"[0-9a-f]{32}", (up.home / "passwords").read_text()):
        assert secret not in arguments


def test_a_second_up_says_where_the_first_one_runs(up, jinwi):
    second = jinwi("up", **up.environment)
    assert second.returncode == 1
    assert f"already running at {up.url}" in second.stderr
    assert jinwi("up", "--detach", **up.environment).returncode == 0


def test_a_port_in_use_is_said_with_the_way_out_and_nothing_starts(tmp_path, jinwi):
    with socket.create_server(("127.0.0.1", free_ports(1)[0])) as taken:
        port = taken.getsockname()[1]
        refused = jinwi("up", JINWI_HOME=str(tmp_path / "home"), JINWI_PORT=str(port))
    assert refused.returncode == 1
    assert re.fullmatch(rf"Port {port} is in use by another program\..* JINWI_PORT=\d+ make up\n", refused.stderr)
    assert not (tmp_path / "home" / "postgres").exists()
    assert not processes_of(tmp_path)


def test_a_home_that_cannot_be_is_said(tmp_path, jinwi):
    (tmp_path / "file").touch()
    refused = jinwi("up", JINWI_HOME=str(tmp_path / "file" / "home"))
    assert refused.returncode == 1
    assert refused.stderr.startswith(f"Cannot write to {tmp_path / 'file' / 'home'}: ")
    assert refused.stderr.count("\n") == 1


def test_data_of_another_postgres_are_left_alone_and_nothing_keeps_running(tmp_path, jinwi):
    (tmp_path / "postgres").mkdir()
    (tmp_path / "postgres" / "PG_VERSION").write_text("17\n")
    refused = jinwi("up", **settings_for(tmp_path))
    assert refused.returncode == 1
    assert "holds data of PostgreSQL 17" in refused.stderr
    assert refused.stderr.count("\n") == 1
    assert not processes_of(tmp_path)


def test_a_part_that_cannot_start_is_named_with_its_last_words_and_all_else_is_stopped(tmp_path, jinwi):
    with socket.create_server(("127.0.0.1", free_ports(1)[0])) as taken:
        port = str(taken.getsockname()[1])
        refused = jinwi("up", JINWI_METRICS_PORT=port, **settings_for(tmp_path / "home"))
    assert refused.returncode == 1
    assert re.fullmatch(r"\w+ did not start: .*Address already in use \(log: .*\.log\)\n", refused.stderr)
    assert not processes_of(tmp_path)


def test_a_killed_worker_is_started_again_and_said(up):
    scorer = up.child("score.interactive,score.bulk")
    family = [scorer, *scorer.children(recursive=True)]
    scorer.kill()
    _, alive = psutil.wait_procs(family, timeout=10)
    assert not alive
    assert wait_until(lambda: up.said("scorer was killed by SIGKILL; it starts again in 1 s"))
    with Client(up.url, (up.home / "key").read_text()) as client:
        assert client.verify(wheels.photograph()).result


def test_killed_servers_are_started_again_and_have_lost_nothing(up):
    with Client(up.url, (up.home / "key").read_text()) as client:
        before = {job.id for job in client.jobs()}
        programs = {Path(child.exe()).name: child for child in psutil.Process(up.process.pid).children()}
        for name in ("redis-server", "rclone", "postgres"):
            programs[name].kill()
        for name in ("redis", "objects", "postgres"):
            wait_until(lambda name=name: up.said(f"{name} was killed by SIGKILL"))
        assert client.verify(wheels.photograph()).result
        assert before < {job.id for job in client.jobs()}


def test_ctrl_c_stops_everything_and_the_next_up_finds_the_jobs(tmp_path, jinwi):
    home = tmp_path / "home"
    with started(home, tmp_path / "output") as up:
        tree = up.tree()
        up.process.send_signal(signal.SIGINT)
        assert up.process.wait(60) == 0
        assert not [process for process in tree if process.is_running()]
        assert not processes_of(home)
        assert up.said("The data stay in")
        environment = up.environment
    second = jinwi("up", "--detach", **environment)
    assert second.returncode == 0, second.stderr
    assert "Jobs from before: 1" in second.stdout
    assert f"Stop it with `JINWI_HOME={home} jinwi down`." in second.stdout
    assert jinwi("down", **environment).returncode == 0
    assert not processes_of(home)
    assert "Nothing runs" in jinwi("down", **environment).stdout


def test_nothing_outlives_a_killed_supervisor(tmp_path, jinwi):
    with started(tmp_path / "home", tmp_path / "output") as up:
        tree = up.tree()
        up.process.kill()
        _, alive = psutil.wait_procs(tree, timeout=20)
        assert not alive
        assert "Nothing runs" in jinwi("down", **up.environment).stdout
