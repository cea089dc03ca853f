"""What a process that reads hostile bytes gives up before it begins (Linux; see the named man pages)."""

import contextlib
import ctypes
import math
import os
import resource
import signal
import time
from pathlib import Path

_PR_SET_PDEATHSIG = 1
_PR_SET_NO_NEW_PRIVS = 38
_CLONE_NEWUSER = 0x10000000
_CLONE_NEWNET = 0x40000000

_OPEN_FILES = 32
"""Python may still import a module; nothing else is ever opened."""

_FILE_BYTES = 64 << 20

_libc = ctypes.CDLL(None, use_errno=True)


def follow_parent() -> None:
    """Die with the thread that started this process (prctl(2)), and for no polite signal before.

    A terminal or init sends those to the whole group, while the parent still finishes what it holds.
    """
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)


def leave_network() -> bool:
    """Move to a network namespace with no way out (unshare(2)); False where the system forbids it."""
    return any(_libc.unshare(flags) == 0 for flags in (_CLONE_NEWNET, _CLONE_NEWUSER | _CLONE_NEWNET))


def limit_resources(memory_bytes: int) -> None:
    """Bound address space, files and core dumps (setrlimit(2)); be the first to go when memory runs out."""
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("1000", "ascii")
    _libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    _lower(resource.RLIMIT_CORE, 0)
    # Standard error may be a log file, and last words must get there: the limit holds for a file's whole length.
    _lower(resource.RLIMIT_FSIZE, os.fstat(2).st_size + _FILE_BYTES)
    _lower(resource.RLIMIT_NOFILE, _OPEN_FILES)
    _lower(resource.RLIMIT_AS, memory_bytes)


def allow_cpu(seconds: float) -> None:
    """Let this process use `seconds` more of processor time before SIGXCPU ends it.

    RLIMIT_CPU counts from the start of the process, in whole seconds; the hard limit stays, so that the soft
    one can be raised again.
    """
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    soft = math.ceil(time.process_time() + seconds) + 1
    resource.setrlimit(resource.RLIMIT_CPU, (_least(soft, hard), hard))


def _lower(limit: int, value: int) -> None:
    _, hard = resource.getrlimit(limit)
    bound = _least(value, hard)
    resource.setrlimit(limit, (bound, bound))


def _least(value: int, hard: int) -> int:
    return value if hard == resource.RLIM_INFINITY else min(value, hard)
