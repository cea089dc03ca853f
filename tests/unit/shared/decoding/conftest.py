"""A decoder whose process runs, and what tests ask about it."""

import fcntl
import os
import struct
import termios
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from shared.decoding.decoder import Decoder
from shared.domain.model_card import InputSpec
from tests.unit.shared.imaging.pictures import LIMITS, encode, noise

SPEC = InputSpec(width=32, height=24)


MEMORY = 1 << 30


@pytest.fixture
def decoder():
    with Decoder(LIMITS, seconds=30, memory_bytes=MEMORY) as started:
        yield started


def pid_of(decoder: Decoder) -> int:
    """The process, started by a first picture where there was none."""
    decoder.decode(encode(noise(), "PNG"), SPEC)
    return decoder._process.pid


def wait_until(condition: Callable[[], bool], seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.002)


def unread_bytes(pid: int) -> int:
    """What lies in the pipes of a process, written to it and not yet read."""
    total = 0
    for link in Path(f"/proc/{pid}/fd").iterdir():
        if str(link.readlink()).startswith("pipe:"):
            fd = os.open(link, os.O_RDONLY | os.O_NONBLOCK)
            total += struct.unpack("i", fcntl.ioctl(fd, termios.FIONREAD, bytes(4)))[0]
            os.close(fd)
    return total
