"""The decoder's process: when it starts, what it carries, how it ends."""

import dataclasses
import json
import os
import signal
import struct
import subprocess
import sys
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from shared.decoding import decoder as module
from shared.errors import Outage
from tests.unit.shared.decoding.conftest import MEMORY, SPEC, pid_of, wait_until
from tests.unit.shared.imaging.pictures import LIMITS, encode, noise

ROOT = Path(__file__).parents[4]


def test_it_can_be_started_before_the_first_picture(decoder):
    decoder.start()
    started = decoder._process.pid
    decoder.start()

    assert pid_of(decoder) == started


def test_a_start_that_failed_is_tried_again(decoder, monkeypatch):
    with monkeypatch.context() as patched, pytest.raises(Outage):
        patched.setattr(sys, "executable", "/bin/false")
        decoder.start()

    assert decoder.decode(encode(noise(), "PNG"), SPEC).width == 64


def test_one_process_serves_many_pictures(decoder):
    assert len({pid_of(decoder) for _ in range(50)}) == 1


def test_a_fresh_process_takes_over_in_time(decoder, monkeypatch):
    monkeypatch.setattr(module, "IMAGES_PER_PROCESS", 3)
    pids = [pid_of(decoder) for _ in range(6)]

    assert pids[:3] == [pids[0]] * 3
    assert pids[3:] == [pids[3]] * 3
    assert pids[0] != pids[3]


def test_closing_ends_the_process(decoder):
    pid = pid_of(decoder)
    decoder.close()

    assert not Path(f"/proc/{pid}").exists()
    assert pid_of(decoder) != pid


def test_it_inherits_no_secret(decoder, monkeypatch):
    monkeypatch.setenv("JINWI_S3_SECRET_KEY", "wonderland")
    environment = Path(f"/proc/{pid_of(decoder)}/environ").read_bytes()

    assert b"PATH=" in environment
    assert b"wonderland" not in environment
    assert b"JINWI" not in environment


def test_it_is_bounded(decoder):
    pid = pid_of(decoder)
    limits = {line[:26].strip(): line[26:].split()[:2] for line in Path(f"/proc/{pid}/limits").read_text().splitlines()}

    assert limits["Max address space"] == [str(MEMORY)] * 2
    assert limits["Max core file size"] == ["0", "0"]
    assert 0 < int(limits["Max file size"][1]) - os.fstat(2).st_size <= 64 << 20
    assert int(limits["Max open files"][1]) <= 32
    assert 30 < int(limits["Max cpu time"][0]) < 60
    assert Path(f"/proc/{pid}/oom_score_adj").read_text() == "1000\n"


def test_its_last_words_reach_a_log_file_however_long(tmp_path):
    settings = json.dumps({**dataclasses.asdict(LIMITS), "seconds": 30, "memory_bytes": MEMORY})
    with (tmp_path / "worker.log").open("a+b") as log:
        log.truncate(100 << 20)
        command = [sys.executable, "-m", "shared.decoding.decoder_process", settings]
        not_json = struct.pack(">II", 4, 0) + b"{..}"
        done = subprocess.run(command, cwd=ROOT, input=not_json, stdout=subprocess.PIPE, stderr=log, check=False)
        log.seek(100 << 20)

        assert done.returncode == 1
        assert b"JSONDecodeError" in log.read()


def test_what_a_codec_prints_does_not_reach_the_pipes(decoder):
    pid = pid_of(decoder)
    ends = {fd: Path(f"/proc/{pid}/fd/{fd}").readlink() for fd in (0, 1, 2)}

    assert ends[0] == Path(os.devnull)
    assert ends[1] == ends[2]


def test_it_says_whether_it_has_a_network(decoder):
    with capture_logs() as logs:
        pid = pid_of(decoder)
    isolated = Path(f"/proc/{pid}/ns/net").readlink() != Path("/proc/self/ns/net").readlink()

    assert [entry["network_isolated"] for entry in logs if entry["event"] == "decoder_started"] == [isolated]


def test_it_carries_no_numpy(decoder):
    libraries = Path(f"/proc/{pid_of(decoder)}/maps").read_text()

    assert "_imaging" in libraries
    assert "numpy" not in libraries


def test_polite_signals_do_not_stop_it(decoder):
    pid = pid_of(decoder)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        os.kill(pid, number)

    assert pid_of(decoder) == pid


def test_it_dies_with_its_parent():
    code = (
        "import os, signal\n"
        "from tests.unit.shared.decoding.conftest import *\n"
        "decoder = Decoder(LIMITS, seconds=30, memory_bytes=MEMORY)\n"
        "print(pid_of(decoder), flush=True)\n"
        "os.kill(pid_of(decoder), signal.SIGSTOP)\n"  # so that it cannot see its input end
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    command = [sys.executable, "-c", code]
    parent = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=False)
    pid = int(parent.stdout.splitlines()[-1])

    assert parent.returncode == -signal.SIGKILL
    wait_until(lambda: not Path(f"/proc/{pid}").exists() or "\nState:\tZ" in Path(f"/proc/{pid}/status").read_text())


@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_a_forked_process_starts_one_of_its_own(decoder):
    ours = pid_of(decoder)
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(writer, str(pid_of(decoder)).encode())
        decoder.close()
        os._exit(0)
    os.waitpid(child, 0)
    theirs = int(os.read(reader, 100))
    os.close(reader)
    os.close(writer)

    assert theirs != ours
    assert pid_of(decoder) == ours
