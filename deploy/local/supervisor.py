"""Starts the parts of a stack in order, starts again what dies, and stops everything in the end."""

import contextlib
import signal
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from deploy.local.child import Child, StartFailed
from deploy.local.stack import Stack

Say = Callable[[str], None]

START_SECONDS = 60
SERVERS_STOP_SECONDS = 15
POLL_SECONDS = 0.05

LONGEST_PAUSE = 30.0
STEADY_SECONDS = 60.0
"""A child that lived this long is forgiven its earlier deaths."""


@dataclass(slots=True)
class Restarts:
    """How often a child died lately, and when it is due."""

    deaths: int = 0
    due: float | None = None

    def note_death(self, lived: float) -> float:
        """The pause before the next start: 1, 2, 4 … 30 s."""
        self.deaths = 1 if lived > STEADY_SECONDS else self.deaths + 1
        return min(2.0 ** (self.deaths - 1), LONGEST_PAUSE)


class Supervisor:
    def __init__(self, stack: Stack, say: Say, *, stop_seconds: float) -> None:
        """`stop_seconds` is what services get to finish what they hold."""
        self._stack = stack
        self._say = say
        self._stop_seconds = stop_seconds
        self._lasting = [*stack.servers, *stack.services]
        self._restarts = {child: Restarts() for child in self._lasting}

    def start(self) -> None:
        """Raises StartFailed as soon as a part ends that should stay."""
        for server in self._stack.servers:
            server.prepare()
            server.start()
        # It waits for the servers by itself, and imports meanwhile.
        self._stack.setup.start()
        for child in (*self._stack.servers, self._stack.setup):
            self._await(child)
        for service in self._stack.services:
            service.start()
        self._await(self._stack.api)

    def check(self) -> None:
        """Raises StartFailed when a part that should stay has ended."""
        for child in self._lasting:
            child.check()

    def watch(self) -> None:
        """Start again what dies, until an exception ends it."""
        while True:
            for child in self._lasting:
                self._tend(child)
            time.sleep(POLL_SECONDS)

    def stop(self) -> None:
        """The services first, while what they write to is there; raises nothing that leaves one running."""
        try:
            self._stack.setup.kill()
            _stop(self._stack.services, self._stop_seconds)
            _stop(self._stack.servers, SERVERS_STOP_SECONDS)
        finally:
            for child in self._lasting:
                child.kill()

    def _await(self, child: Child) -> None:
        child.await_ready(START_SECONDS, self.check)
        self._say(f"  {child.name:<8} {time.monotonic() - child.started_at:5.1f} s")

    def _tend(self, child: Child) -> None:
        restarts, code = self._restarts[child], child.exit_code
        if code is not None:
            child.kill()
            self._note_death(child, restarts, _ending(code))
        elif restarts.due is not None and time.monotonic() >= restarts.due:
            restarts.due = None
            try:
                child.start()
            except StartFailed as exc:
                self._note_death(child, restarts, str(exc))

    def _note_death(self, child: Child, restarts: Restarts, ending: str) -> None:
        pause = restarts.note_death(time.monotonic() - child.started_at)
        restarts.due = time.monotonic() + pause
        clock = time.strftime("%H:%M:%S")
        # A full disk, or a terminal that is gone: that nobody hears of it ends no other part.
        with contextlib.suppress(OSError):
            self._say(f"{clock} {child.name} {ending}; it starts again in {pause:.0f} s (log: {child.log})")


def _ending(code: int) -> str:
    return f"was killed by {signal.Signals(-code).name}" if code < 0 else f"ended with exit code {code}"


def _stop(children: Sequence[Child], seconds: float) -> None:
    deadline = time.monotonic() + seconds
    for child in children:
        child.ask_to_stop()
    for child in children:
        child.finish(deadline - time.monotonic())
