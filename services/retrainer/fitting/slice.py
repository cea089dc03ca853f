"""One command's share of a training: how long it may take, where its files lie, what it says."""

import math
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from services.retrainer.fitting.fit import Say


@dataclass(frozen=True, kw_only=True, slots=True)
class Slice:
    """`until` on the monotonic clock; checkpoints lie in `run`."""

    run: Path
    say: Say
    until: float = math.inf
    resume: bool = False
    loaders: int = 0

    def left(self) -> float:
        """Seconds, at least 0."""
        return max(0.0, self.until - time.monotonic())


@contextmanager
def log(path: Path, *, anew: bool) -> Iterator[Say]:
    """Lines to standard output and to `path`, each at once."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w" if anew else "a", encoding="utf-8") as file:

        def say(line: str) -> None:
            for stream in (sys.stdout, file):
                stream.write(line + "\n")
                stream.flush()

        yield say
