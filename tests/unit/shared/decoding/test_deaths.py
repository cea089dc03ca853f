"""What the decoder's deaths cost: that picture, or nothing."""

import os
import signal
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from shared.decoding.decoder import Decoder
from shared.errors import DecoderDied, Outage
from tests.unit.shared.decoding.conftest import MEMORY, SPEC, pid_of, unread_bytes, wait_until
from tests.unit.shared.imaging.pictures import LIMITS, encode, noise, png


def test_a_process_killed_in_mid_picture_costs_that_picture_only(decoder):
    pid = pid_of(decoder)
    os.kill(pid, signal.SIGSTOP)
    with ThreadPoolExecutor(1) as pool:
        decoding = pool.submit(decoder.decode, encode(noise(), "PNG"), SPEC)
        wait_until(lambda: unread_bytes(pid) > 0)
        os.kill(pid, signal.SIGKILL)
        with pytest.raises(DecoderDied, match=r"decoder_died: The decoder stopped: Killed\.") as death:
            decoding.result()

    assert death.value.reason == "decoder_died"
    assert decoder.decode(encode(noise(), "PNG"), SPEC).width == 64


def test_a_process_killed_while_it_waits_costs_nothing(decoder):
    pid = pid_of(decoder)
    os.kill(pid, signal.SIGKILL)
    wait_until(lambda: Path(f"/proc/{pid}/stat").read_text().split()[2] == "Z")

    assert pid_of(decoder) != pid


@pytest.mark.parametrize("megabytes", [0.1, 10])
def test_a_process_too_slow_is_ended(megabytes):
    with Decoder(LIMITS, seconds=0.5, memory_bytes=MEMORY) as decoder:
        pid = pid_of(decoder)
        os.kill(pid, signal.SIGSTOP)
        started = time.monotonic()
        with pytest.raises(DecoderDied, match=r"It took longer than 0\.5 s"):
            decoder.decode(encode(noise(), "PNG") + bytes(int(megabytes * 1e6)), SPEC)

        assert time.monotonic() - started < 5
        assert not Path(f"/proc/{pid}").exists()
        assert pid_of(decoder) != pid


def test_a_picture_that_needs_too_much_memory_costs_that_picture_only():
    bomb = png(8000, 8000, depth=1, colour=0, rows=[bytes(1000)] * 8000)
    with Decoder(LIMITS, seconds=30, memory_bytes=256 << 20) as decoder:
        with pytest.raises(DecoderDied, match="more memory"):
            decoder.decode(bomb, SPEC)
        assert decoder.decode(encode(noise(), "PNG"), SPEC).width == 64
    with Decoder(LIMITS, seconds=30, memory_bytes=MEMORY) as decoder:
        assert decoder.decode(bomb, SPEC).width == 8000


def test_a_refusal_for_a_reason_that_does_not_exist_counts_as_a_death(decoder, monkeypatch, tmp_path):
    liar = tmp_path / "python"
    liar.write_text(
        f"#!{sys.executable}\n"
        "from shared.decoding import frames\n"
        "frames.send(1, {'network_isolated': True})\n"
        "frames.receive(0)\n"
        "frames.send(1, {'refused': 'dislike', 'detail': ''})\n"
        "frames.receive(0)\n"
    )
    liar.chmod(0o700)
    with monkeypatch.context() as patched, pytest.raises(DecoderDied, match="what no decoder answers"):
        patched.setattr(sys, "executable", str(liar))
        decoder.decode(encode(noise(), "PNG"), SPEC)

    assert decoder.decode(encode(noise(), "PNG"), SPEC).width == 64


class Interruption(Exception):
    pass


def test_an_interrupted_picture_leaves_no_answer_for_the_next(decoder):
    def interrupt(*_):
        raise Interruption

    pid = pid_of(decoder)
    os.kill(pid, signal.SIGSTOP)
    earlier = signal.signal(signal.SIGALRM, interrupt)
    signal.setitimer(signal.ITIMER_REAL, 0.1)
    try:
        with pytest.raises(Interruption):
            decoder.decode(encode(noise(50, 50), "PNG"), SPEC)
    finally:
        signal.signal(signal.SIGALRM, earlier)

    assert decoder.decode(encode(noise(70, 70), "PNG"), SPEC).width == 70


def test_a_process_that_cannot_be_started_is_no_fault_of_the_picture(decoder, monkeypatch):
    monkeypatch.setattr(sys, "executable", "/nonexistent/python")
    with pytest.raises(Outage, match="cannot be started"):
        decoder.decode(encode(noise(), "PNG"), SPEC)


def test_a_process_that_does_not_come_up_is_no_fault_of_the_picture(decoder, monkeypatch):
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with pytest.raises(Outage, match="did not come up"):
        decoder.decode(encode(noise(), "PNG"), SPEC)
