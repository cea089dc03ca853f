"""Postgres, Redis and an S3 server as children: each may be killed and started again on its data and its port."""

import errno
import json
import os
import pwd
import random
import re
import shutil
import signal
import socket
import subprocess
from collections.abc import Mapping
from pathlib import Path

from deploy.local import wheels
from deploy.local.child import Child, StartFailed
from shared.errors import ConfigurationError

POSTGRES_MAJOR = "18"
LOOPBACK = "127.0.0.1"

# Below the range from which systems take the ports of outgoing connections: a server that is started again
# finds its port free.
PORTS = range(20_000, 32_000)


def free_ports(count: int) -> list[int]:
    found: list[int] = []
    for port in random.sample(PORTS, len(PORTS)):
        if len(found) == count:
            break
        if is_free(LOOPBACK, port):
            found.append(port)
    return found


def is_free(host: str, port: int) -> bool:
    """Whether nobody listens there; raises OSError where nobody could."""
    try:
        socket.create_server((host, port)).close()
    except OSError as exc:
        if exc.errno == errno.EADDRINUSE:
            return False
        raise
    return True


class Server(Child):
    """A child with data that outlives it; what it needs in its environment is all that it gets."""

    def __init__(self, name: str, command: list[str], *, log: Path, environment: Mapping[str, str]) -> None:
        inherited = {
            variable: os.environ[variable] for variable in ("PATH", "HOME", "TMPDIR") if variable in os.environ
        }
        super().__init__(name, command, log=log, environment={**inherited, "LC_ALL": "C", **environment})

    def prepare(self) -> None:
        """Make the data folder fit to start on, on the first start and on every later one."""
        raise NotImplementedError

    def settings(self) -> dict[str, str]:
        """The environment of those who use this server."""
        raise NotImplementedError


COMPLAINT = re.compile(r"(?:FATAL|PANIC|error):\s+(.+)")
"""Of PostgreSQL and its programs. After it, initdb goes on to say that it tidies up."""


class Postgres(Server):
    stop_signal = signal.SIGINT  # "fast": ends the sessions, and does not wait for them
    orphan_signal = signal.SIGINT

    def __init__(self, folder: Path, *, port: int, password: str, log: Path) -> None:
        self._folder = folder
        self._port = port
        self._password = password
        self._programs = wheels.postgres_programs()
        self._prefix = _unprivileged()
        options = {
            "port": str(port),
            "listen_addresses": LOOPBACK,
            "unix_socket_directories": "",
            "timezone": "UTC",
            "log_timezone": "UTC",
            "log_checkpoints": "off",
        }
        arguments = [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
        super().__init__("postgres", [*self._program("postgres"), *arguments], log=log, environment={})

    def settings(self) -> dict[str, str]:
        return {
            "JINWI_POSTGRES_DSN": f"postgresql://jinwi@{LOOPBACK}:{self._port}/jinwi",
            "JINWI_POSTGRES_PASSWORD": self._password,
        }

    def prepare(self) -> None:
        """Raises ConfigurationError for data of another major version."""
        version = self._folder / "PG_VERSION"
        if not version.exists():
            self._initialise()
        elif (found := version.read_text("ascii").strip()) != POSTGRES_MAJOR:
            raise ConfigurationError(
                f"{self._folder} holds data of PostgreSQL {found}, and this is PostgreSQL {POSTGRES_MAJOR}: "
                f"move it there with pg_upgrade, or choose another JINWI_HOME."
            )

    def ready(self) -> bool:
        """As pg_ctl knows it: the eighth line of the lock file, once it is this process's."""
        try:
            # Bytes, since one of the lines is the folder's name, in any letters.
            lines = (self._folder / "postmaster.pid").read_bytes().splitlines()
        except FileNotFoundError:
            return False
        return self.running and len(lines) >= 8 and lines[0] == str(self.pid).encode() and lines[7].strip() == b"ready"

    def _initialise(self) -> None:
        """Under another name until it is whole: an interrupted one is begun again."""
        partial = self._folder.with_name(f"{self._folder.name}.partial")
        shutil.rmtree(partial, ignore_errors=True)
        self._run(
            *self._program("initdb", partial),
            *("--username=jinwi", "--auth=scram-sha-256", "--pwfile=/dev/stdin"),
            *("--encoding=UTF8", "--no-locale", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"),
            text=f"{self._password}\n",
        )
        self._run(*self._program("postgres", partial, "--single"), "postgres", text="CREATE DATABASE jinwi\n")
        partial.rename(self._folder)

    def _program(self, name: str, folder: Path | None = None, *first: str) -> list[str]:
        return [*self._prefix, str(self._programs / name), *first, "-D", str(folder or self._folder)]

    def _run(self, *command: str, text: str) -> None:
        done = subprocess.run(
            command,
            input=text.encode(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=self._environment,
            check=False,
            start_new_session=True,
        )
        with self.log.open("ab") as log:
            log.write(done.stdout)
        if done.returncode != 0:
            said = COMPLAINT.search(done.stdout.decode(errors="replace"))
            raise StartFailed(f"postgres did not start: {said[1] if said else self.last_words()} (log: {self.log})")


class Redis(Server):
    orphan_signal = signal.SIGTERM

    def __init__(self, folder: Path, *, port: int, password: str, log: Path) -> None:
        self._folder = folder
        self._port = port
        self._password = password
        # A file, because everybody on this machine may read the arguments of a process.
        self._configuration = folder / "redis.conf"
        super().__init__("redis", [str(wheels.redis_server()), str(self._configuration)], log=log, environment={})

    def settings(self) -> dict[str, str]:
        return {"JINWI_REDIS_URL": f"redis://{LOOPBACK}:{self._port}/0", "JINWI_REDIS_PASSWORD": self._password}

    def prepare(self) -> None:
        self._folder.mkdir(exist_ok=True, mode=0o700)
        lines = {
            "bind": LOOPBACK,
            "port": self._port,
            "dir": json.dumps(str(self._folder), ensure_ascii=False),
            "requirepass": self._password,
            "appendonly": "yes",
            "appendfsync": "everysec",
            "save": '""',
            "maxmemory-policy": "noeviction",
        }
        self._configuration.touch(mode=0o600)
        self._configuration.write_text("".join(f"{name} {value}\n" for name, value in lines.items()), "utf-8")

    def ready(self) -> bool:
        """Whether it answers and has read its file."""
        try:
            with socket.create_connection((LOOPBACK, self._port), timeout=1) as connection:
                connection.sendall(f"AUTH {self._password}\r\nPING\r\nQUIT\r\n".encode())
                return self.running and b"+PONG" in connection.makefile("rb").read()
        except OSError:
            return False


class ObjectServer(Server):
    """`rclone serve s3`: a folder is a bucket, a file an object."""

    orphan_signal = signal.SIGTERM

    def __init__(self, folder: Path, *, port: int, access_key: str, secret_key: str, log: Path) -> None:
        self._folder = folder
        self._port = port
        self._access_key = access_key
        self._secret_key = secret_key
        environment = {
            # A list of lists: quoted, or the comma would part two of them.
            "RCLONE_AUTH_KEY": f'"{access_key},{secret_key}"',
            "RCLONE_CONFIG": os.devnull,
        }
        command = [str(wheels.rclone()), "serve", "s3", "--addr", f"{LOOPBACK}:{port}", str(folder)]
        super().__init__("objects", command, log=log, environment=environment)

    def settings(self) -> dict[str, str]:
        return {
            "JINWI_S3_ENDPOINT": f"{LOOPBACK}:{self._port}",
            "JINWI_S3_SECURE": "false",
            "JINWI_S3_ACCESS_KEY": self._access_key,
            "JINWI_S3_SECRET_KEY": self._secret_key,
        }

    def prepare(self) -> None:
        self._folder.mkdir(exist_ok=True, mode=0o700)

    def ready(self) -> bool:
        try:
            socket.create_connection((LOOPBACK, self._port), timeout=1).close()
        except OSError:
            return False
        return self.running


def _unprivileged() -> list[str]:
    """What to write before a command of Postgres, which refuses to run as root: the system's unprivileged user.

    The capability lets that user reach the data and the programs in folders that are root's alone, such as /root,
    whose permissions stay as they are. A change of user forgets the signal asked for at a parent's death: again.
    """
    if os.geteuid() != 0:
        return []
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        raise ConfigurationError("PostgreSQL does not run as root, nor without util-linux's setpriv: use another user.")
    nobody = pwd.getpwnam("nobody")
    return [
        *(setpriv, f"--reuid={nobody.pw_uid}", f"--regid={nobody.pw_gid}", "--clear-groups"),
        *("--inh-caps=+dac_override", "--ambient-caps=+dac_override", "--pdeathsig=INT"),
    ]
