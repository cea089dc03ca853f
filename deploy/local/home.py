"""The folder that holds everything of one embedded stack, and the lock that lets only one run on it."""

import contextlib
import fcntl
import json
import os
import secrets
import shutil
import time
from collections.abc import Generator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from shared.errors import ConfigurationError, JinwiError
from shared.pem import make_key_pair


class AlreadyRunning(JinwiError):
    """Process `pid` holds the lock; `url` is where its API is, None while it starts."""

    def __init__(self, pid: int, url: str | None) -> None:
        super().__init__(f"Jinwi is already {f'running at {url}' if url else 'starting'} (process {pid}).")
        self.pid = pid
        self.url = url


@dataclass(frozen=True, slots=True)
class Home:
    root: Path
    """An absolute path."""

    @property
    def key(self) -> Path:
        return self.root / "key"

    @property
    def model_key(self) -> Path:
        """Private: signs the model versions that are made here."""
        return self.root / "model_key.pem"

    @property
    def model_public_key(self) -> Path:
        return self.root / "model_key.pub"

    @property
    def trusted_keys(self) -> Path:
        """Folder of others' public keys, for whoever runs this stack to fill."""
        return self.root / "trusted_keys"

    @property
    def run(self) -> Path:
        """What is worth nothing once the stack has stopped."""
        return self.root / "run"

    @property
    def metrics(self) -> Path:
        return self.run / "metrics"

    @property
    def logs(self) -> Path:
        return self.root / "log"

    def log(self, name: str) -> Path:
        return self.logs / f"{name}.log"

    @contextlib.contextmanager
    def locked(self) -> Generator[None]:
        """Make the folder, and have it alone; raises AlreadyRunning or ConfigurationError.

        The kernel forgets the lock with the process, so that a file left behind means nothing.
        """
        try:
            self.root.mkdir(parents=True, exist_ok=True, mode=0o700)
            pid = (self.root / "pid").open("a+", encoding="ascii")
        except OSError as exc:
            raise ConfigurationError(f"Cannot write to {self.root}: {exc.strerror}. Set JINWI_HOME.") from exc
        with pid:
            self._claim(pid)
            pid.truncate(0)
            pid.write(f"{os.getpid()}\n")
            pid.flush()
            try:
                self._clean()
                yield
            finally:
                pid.truncate(0)

    def check_free(self) -> None:
        """Raises AlreadyRunning while another process holds the lock."""
        with contextlib.suppress(FileNotFoundError), (self.root / "pid").open("r+", encoding="ascii") as pid:
            self._claim(pid)

    def passwords(self) -> Mapping[str, str]:
        """Those of the servers, made up on the first start."""
        file = self.root / "passwords"
        if not file.exists():
            names = ("postgres", "redis", "s3_access", "s3_secret")
            partial = file.with_suffix(".partial")
            partial.touch(mode=0o600)
            partial.write_text(json.dumps({name: secrets.token_hex(16) for name in names}), "ascii")
            partial.replace(file)
        passwords: dict[str, str] = json.loads(file.read_text("ascii"))
        return passwords

    def make_model_keys(self) -> None:
        """Made on the first start, and never replaced."""
        make_key_pair(self.model_key, self.model_public_key)
        self.trusted_keys.mkdir(exist_ok=True)

    def tell_url(self, url: str) -> None:
        """Leave it for those who come later and find the lock taken."""
        (self.run / "url").write_text(url, "utf-8")

    def _claim(self, pid: IO[str]) -> None:
        while not _lock(pid):
            pid.seek(0)
            if holder := pid.read().strip():
                raise AlreadyRunning(int(holder), self._url())
            time.sleep(0.01)  # it has just begun, or is about to end

    def _url(self) -> str | None:
        try:
            return (self.run / "url").read_text("utf-8")
        except FileNotFoundError:
            return None

    def _clean(self) -> None:
        """Empty what belongs to one run, and put the last run's logs aside."""
        shutil.rmtree(self.run, ignore_errors=True)
        for folder in (self.run, self.metrics, self.logs):
            folder.mkdir(exist_ok=True, mode=0o700)
        for log in self.logs.glob("*.log"):
            log.replace(log.with_suffix(".log.1"))


def _lock(file: IO[str]) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
