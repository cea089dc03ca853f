"""A process that the stack starts: a session and a log file of its own, and gone when the supervisor is gone."""

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from shared.errors import JinwiError

POLL_SECONDS = 0.02
TAIL_BYTES = 8192

_PR_SET_PDEATHSIG = 1


class StartFailed(JinwiError):
    """A part of the stack did not come up; the message names it, its last words and its log."""


class Child:
    """Start it from the main thread: Linux ends a child with the thread that started it."""

    stop_signal = signal.SIGTERM
    orphan_signal = signal.SIGKILL
    """Sent by the kernel when the supervisor dies without a goodbye (Linux)."""

    def __init__(self, name: str, command: Sequence[str], *, log: Path, environment: Mapping[str, str]) -> None:
        self.name = name
        self.log = log
        self.started_at = 0.0
        self._command = command
        self._environment = environment
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    @property
    def exit_code(self) -> int | None:
        """None while it runs, before it ever ran, and after `kill`."""
        return self._process.poll() if self._process else None

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def ready(self) -> bool:
        return self.running

    def start(self) -> None:
        """Raises StartFailed when the program cannot be run at all."""
        self.started_at = time.monotonic()
        try:
            with self.log.open("ab") as log:
                self._process = subprocess.Popen(
                    self._command,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    env=self._environment,
                    cwd=self.log.parent,
                    start_new_session=True,
                    preexec_fn=_follower(self.orphan_signal),  # noqa: PLW1509 - no other thread holds a lock
                )
        except OSError as exc:
            raise StartFailed(f"{self.name} cannot be started: {exc}") from exc

    def await_ready(self, seconds: float = 30, check: Callable[[], None] | None = None) -> None:
        """Raises StartFailed when it ends or is not ready in time; `check` may raise what makes waiting idle."""
        deadline = time.monotonic() + seconds
        while not self.ready():
            self.check()
            if check:
                check()
            if time.monotonic() > deadline:
                raise StartFailed(f"{self.name} is not ready after {seconds:.0f} s (log: {self.log})")
            time.sleep(POLL_SECONDS)

    def check(self) -> None:
        """Raises StartFailed when it has ended."""
        if self.exit_code is not None:
            raise StartFailed(f"{self.name} did not start: {self.last_words()} (log: {self.log})")

    def ask_to_stop(self) -> None:
        if self._process and self.running:
            self._process.send_signal(self.stop_signal)

    def finish(self, seconds: float) -> None:
        """Wait so long for the end, then make an end of it and of all that it started."""
        try:
            if self._process:
                self._process.wait(max(seconds, 0))
        except subprocess.TimeoutExpired:
            pass
        finally:
            self.kill()

    def stop(self, seconds: float = 30) -> None:
        self.ask_to_stop()
        self.finish(seconds)

    def kill(self) -> None:
        """SIGKILL to the whole group, so that what it forked goes with it, also when it ended by itself."""
        if self._process is None:
            return
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self._process = None

    def last_words(self) -> str:
        """The last line of the log that says something."""
        with self.log.open("rb") as log:
            log.seek(max(0, log.seek(0, os.SEEK_END) - TAIL_BYTES))
            lines = [line.strip() for line in log.read().decode(errors="replace").splitlines()]
        return next((line for line in reversed(lines) if line), f"exit code {self.exit_code}")


def _follower(number: signal.Signals) -> Callable[[], None] | None:
    """A function for the forked child: ask the kernel for this signal when the parent dies (prctl(2))."""
    if sys.platform != "linux":
        return None
    parent, libc = os.getpid(), ctypes.CDLL(None)

    def follow() -> None:
        libc.prctl(_PR_SET_PDEATHSIG, number, 0, 0, 0)
        if os.getppid() != parent:
            os._exit(1)

    return follow
