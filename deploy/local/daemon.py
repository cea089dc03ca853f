"""Serving in the background: the caller waits until it is ready, or has failed."""

import functools
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

WhenReady = Callable[[Path], None]
"""To be called once, with the file that takes all further output."""


def in_background(serve: Callable[[WhenReady], int]) -> int:
    """Run `serve` in a process of its own session; 0 once it is ready, else its exit code.

    Returns in both processes: in the new one with what `serve` hands back, for it to exit with. Until it is ready
    it writes where the caller writes.
    """
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(reading)
        os.setsid()
        return serve(functools.partial(_leave_the_caller, writing))
    os.close(writing)
    with os.fdopen(reading, "rb") as ready:
        try:
            if ready.read(1):
                return 0
        except KeyboardInterrupt:
            os.kill(pid, signal.SIGTERM)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def _leave_the_caller(writing: int, log: Path) -> None:
    sys.stdout.flush()
    sys.stderr.flush()
    with log.open("ab") as file, Path(os.devnull).open("rb") as nothing:
        for stream, target in ((0, nothing), (1, file), (2, file)):
            os.dup2(target.fileno(), stream)
    os.write(writing, b"1")
    os.close(writing)
