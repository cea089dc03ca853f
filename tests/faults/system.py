"""A whole stack of real processes with short settings, whose process ids the tests hold."""

import signal
import sys
import time
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TypeVar

import psutil
import psycopg
import pytest
import redis

from deploy.local.child import Child, StartFailed
from deploy.local.home import Home
from deploy.local.servers import LOOPBACK, Server, free_ports
from deploy.local.stack import make_stack
from shared import config
from shared.config import Settings
from shared.domain.job import Stage
from shared.errors import Outage
from shared.queue import names
from shared.queue.app import broker_url
from shared.storage import lifecycle, models
from shared.storage.db import Database, connection_string
from shared.storage.objects import ObjectStore
from tests.models import brightness

CHAMPION = "2.0.0"

# The shortest lease that the settings allow follows from the first three: what a dead worker held is back sooner.
SHORT = {
    "JINWI_DRAIN_SECONDS": "1",
    "JINWI_DECODER_SECONDS": "2",
    "JINWI_LEASE_SECONDS": "18.5",
    "JINWI_SWEEP_SECONDS": "0.3",
    "JINWI_FETCH_SECONDS": "3",
    "JINWI_WEBHOOK_SECONDS": "2",
    "JINWI_MODEL_POLL_SECONDS": "0.5",
    "JINWI_MAX_PIXELS": "10000000",
    "JINWI_DECODER_MEMORY_BYTES": "512000000",
    "JINWI_ALLOWED_NETWORKS": "127.0.0.0/8",
}

T = TypeVar("T")

START_SECONDS = 60
GRACE_SECONDS = 40
"""What a service gets to end by itself: longer than any batch may take."""


class System:
    """Servers and services as `jinwi up` composes them, without the supervisor: what dies stays dead until started."""

    def __init__(self, home: Path) -> None:
        self._home = Home(home)
        self._lock = self._home.locked()
        self._lock.__enter__()
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("JINWI_HOME", str(home))
            patch.setenv("JINWI_PORT", str(free_ports(1)[0]))
            patch.setenv("TMPDIR", str(self._spool()))
            for name, value in SHORT.items():
                patch.setenv(name, value)
            made = make_stack(config.load(), self._home)
            for server in made.servers:
                for name, value in server.settings().items():
                    patch.setenv(name, value)
            self.settings: Settings = config.load()
        self._made = made
        self.servers: dict[str, Server] = {server.name: server for server in made.servers}
        workers = {worker.name: worker for worker in made.workers if worker.name not in {"scheduler", "retrainer"}}
        self.services: dict[str, Child] = {"api": made.api, **workers}
        self.url = f"http://{LOOPBACK}:{self.settings.port}"
        self.database = Database(self.settings)
        self.store = ObjectStore(self.settings)
        self._extra: list[Child] = []

    @property
    def home(self) -> Path:
        return self._home.root

    @property
    def logs(self) -> Path:
        return self._home.logs

    @property
    def spool(self) -> Path:
        """Where the API puts uploads while it reads them."""
        return self.home / "spool"

    def _spool(self) -> Path:
        self.spool.mkdir(parents=True, exist_ok=True)
        return self.spool

    def start(self) -> None:
        for server in self.servers.values():
            server.prepare()
            server.start()
        self._made.setup.start()
        self.await_servers()
        self._made.setup.await_ready(START_SECONDS)
        self.database.open()
        directory = brightness(self.home / "versions" / CHAMPION, CHAMPION)
        models.register(self.database, self.store, directory, origin="imported")
        self.promote(CHAMPION)
        for service in self.services.values():
            service.start()
        self.services["api"].await_ready(START_SECONDS)

    def stop(self) -> None:
        """Whatever state a test left it in; only the servers leave something behind when they are killed."""
        for child in (*self._extra, *self.services.values()):
            kill(child)
        for server in self.servers.values():
            send(server, signal.SIGCONT)
            server.ask_to_stop()
        for server in self.servers.values():
            server.finish(GRACE_SECONDS)
        self._made.setup.kill()
        self.database.close()
        self._lock.__exit__(None, None, None)

    def heal(self) -> None:
        """Everything runs, and nothing more than everything."""
        for child in self._extra:
            child.kill()
        self._extra.clear()
        for child in (*self.servers.values(), *self.services.values()):
            if not child.running:
                child.start()
        self.await_servers()
        self.services["api"].await_ready(START_SECONDS)

    def await_servers(self) -> None:
        for server in self.servers.values():
            server.await_ready(START_SECONDS)

    def start_again(self, name: str) -> None:
        """As the supervisor does: after a pause, as often as it takes."""
        child = self.servers.get(name) or self.services[name]
        child.kill()
        deadline = time.monotonic() + START_SECONDS
        while True:
            child.start()
            try:
                child.await_ready(START_SECONDS)
                return
            except StartFailed:
                child.kill()
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.2)

    def another(self, name: str, role: str, **environment: str) -> Child:
        """One more worker, started, for the rest of this test; `environment` over that of the others."""
        return self.run(name, "services.worker", role, **environment)

    def run(self, name: str, *module: str, **environment: str) -> Child:
        """`python -m MODULE …` beside the stack, in its environment, for the rest of this test."""
        metrics = self._home.run / f"metrics-{name}"
        metrics.mkdir(exist_ok=True)
        settings = {**self.environment, "PROMETHEUS_MULTIPROC_DIR": str(metrics), **environment}
        child = Child(name, [sys.executable, "-m", *module], log=self._home.log(name), environment=settings)
        child.start()
        self._extra.append(child)
        return child

    @property
    def environment(self) -> Mapping[str, str]:
        """That of every service."""
        return self.services["scorer"]._environment

    def said(self, event: str) -> list[str]:
        """The log lines of this event, of all services, since the stack was made."""
        lines = []
        for log in self.logs.glob("*.log"):
            lines += [line for line in log.read_text(errors="replace").splitlines() if f'"event": "{event}"' in line]
        return lines

    def promote(self, version: str) -> None:
        with self.database.transaction() as connection:
            lifecycle.promote(connection, version, by=None, why="a test")

    def query(self, statement: str, *parameters: object) -> list[Mapping]:
        with self.database.transaction() as connection:
            return connection.execute(statement, parameters).fetchall()

    def command_postgres(self, statement: str) -> None:
        """What no transaction may hold, and what a read-only server still lets its owner do."""
        with psycopg.connect(connection_string(self.settings), autocommit=True) as connection:
            connection.execute("SET default_transaction_read_only = off")
            connection.execute(statement)

    @contextmanager
    def redis(self) -> Generator[redis.Redis]:
        with redis.Redis.from_url(broker_url(self.settings), socket_timeout=5) as client:
            yield client

    def waiting_messages(self) -> int:
        """Those of the longest of our Redis lists."""
        with self.redis() as client:
            return max(client.llen(queue) for stage in Stage for queue in names.queues(stage))

    def held_by(self, child: Child) -> int:
        """How many jobs this worker holds."""
        return self._jobs_of(child, "state = 'running'")

    def ended_by(self, child: Child) -> int:
        """How many jobs this worker has brought to their end."""
        return self._jobs_of(child, "state IN ('done', 'failed', 'dead')")

    def _jobs_of(self, child: Child, condition: str, *, lock: str = "") -> int:
        pids = [str(process.pid) for process in tree(child)]
        query = f"SELECT id FROM jobs WHERE {condition} AND split_part(worker, '/', 2) = ANY(%s) {lock}"
        return len(self.query(query, pids))

    def freeze_busy(self, child: Child, seconds: float = 60) -> int:
        """SIGSTOP a worker that holds jobs, between two of its transactions; how many it holds.

        In the middle of one it would hold their rows too, until Postgres ends that after a minute.
        """
        deadline = time.monotonic() + seconds
        while True:
            wait_for(lambda: self.held_by(child), seconds=deadline - time.monotonic())
            send(child, signal.SIGSTOP)
            held = self.held_by(child)
            if held and held == self._jobs_of(child, "state = 'running'", lock="FOR UPDATE SKIP LOCKED"):
                return held
            send(child, signal.SIGCONT)

    @contextmanager
    def paused(self) -> Generator[None]:
        """Nothing is claimed meanwhile, so that a backlog is whole when a fault meets it."""
        self.query("UPDATE lanes SET paused = true RETURNING lane")
        try:
            yield
        finally:
            self.query("UPDATE lanes SET paused = false RETURNING lane")


def tree(child: Child) -> list[psutil.Process]:
    """The process and all that it started: Postgres gives each of its own a group of its own."""
    if child.pid is None:
        return []
    with suppress(psutil.Error):
        process = psutil.Process(child.pid)
        return [process, *process.children(recursive=True)]
    return []


def send(child: Child, number: signal.Signals) -> None:
    """A signal to the process and all that it started."""
    for process in tree(child):
        with suppress(psutil.Error):
            process.send_signal(number)


def kill(child: Child) -> None:
    """SIGKILL to the process and all that it started, at once."""
    processes = tree(child)
    for process in processes:
        with suppress(psutil.Error):
            process.kill()
    child.kill()
    psutil.wait_procs(processes, timeout=10)


@contextmanager
def frozen(child: Child) -> Generator[None]:
    send(child, signal.SIGSTOP)
    try:
        yield
    finally:
        send(child, signal.SIGCONT)


def wait_for(condition: Callable[[], T], *, seconds: float = 60) -> T:
    """What the condition gives once it gives something; servers may be on their way back meanwhile."""
    deadline = time.monotonic() + seconds
    while True:
        with suppress(Outage):
            if found := condition():
                return found
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.01)
