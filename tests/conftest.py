"""Real servers from wheels for whoever asks for them; unit tests ask for none."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import psycopg
import pytest
import redis
import structlog
from psycopg import sql

from deploy.local import stack
from deploy.local.home import Home
from deploy.local.servers import ObjectServer, Postgres, Redis, free_ports
from shared import config
from shared.queue.app import broker_url
from shared.storage.db import Database, connection_string
from shared.storage.migrate import migrate
from shared.storage.objects import ObjectStore
from tests.provenance.authority import trusted_signer

MEMORY = Path("/dev/shm")
MEMORY_BYTES = 4 << 30

UNSYNCED = """
fsync = off
full_page_writes = off
"""
"""Without these data are lost with the machine's power, but not with a server that is killed."""

_numbers = count(1)


def pytest_configure():
    """Files of the tests lie in memory where there is much of it.

    Every test gets a database of its own, which is three hundred files made and removed: on a busy disk that takes
    longer than the test.
    """
    if "TMPDIR" not in os.environ and os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free >= MEMORY_BYTES:
        tempfile.tempdir = str(MEMORY)


@dataclass(frozen=True, kw_only=True, slots=True)
class Servers:
    """They may be killed and started again: data and ports stay."""

    redis: Redis
    objects: ObjectServer
    postgres: Postgres

    def environment(self) -> Mapping[str, str]:
        return {**self.redis.settings(), **self.objects.settings(), **self.postgres.settings()}


@dataclass(frozen=True, kw_only=True, slots=True)
class Service:
    """The whole system, as `jinwi up --detach` starts it."""

    url: str
    key: str
    home: Path


@pytest.fixture(scope="session", autouse=True)
def interruptible():
    """What runs in the background of a shell ignores Ctrl-C, and all that it starts does too."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture(scope="session", autouse=True)
def own_environment():
    """The settings of whoever runs the tests are not theirs."""
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith("JINWI_")]:
            patch.delenv(name)
        yield


@pytest.fixture(scope="session", autouse=True)
def plain_tracebacks():
    """What fails on purpose logs an exception, and all its local variables in colours take seconds."""
    processors = structlog.get_config()["processors"]
    renderer = structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
    structlog.configure(processors=[*processors[:-1], renderer])


@pytest.fixture(scope="session")
def folder():
    """A folder with a short path, gone with all in it when the tests end."""
    with tempfile.TemporaryDirectory(prefix="jinwi-tests-") as path:
        yield Path(path)


@pytest.fixture(scope="session")
def servers(folder):
    home = Home(folder / "servers")
    with home.locked():
        made = stack.servers(home)
        try:
            for server in made:
                server.prepare()
                if isinstance(server, Postgres):
                    with (home.root / "postgres" / "postgresql.conf").open("a") as configuration:
                        configuration.write(UNSYNCED)
                server.start()
            for server in made:
                server.await_ready()
            yield Servers(**{server.name: server for server in made})
        finally:
            for server in made:
                server.stop(10)


@pytest.fixture(scope="session")
def template(servers):
    """The name of a migrated database, of which each test gets a copy."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in servers.environment().items():
            patch.setenv(name, value)
        migrate(connection_string(config.load()))
    return "jinwi"


@pytest.fixture
def settings(servers, template, folder, tmp_path, monkeypatch):
    """Settings, in the environment too, of a database, a Redis and buckets with nothing in them."""
    name = f"test{next(_numbers)}"
    environment = {
        **servers.environment(),
        "JINWI_HOME": str(tmp_path),
        "JINWI_MODEL_CACHE": str(tmp_path / "models"),
        "JINWI_SPOOL_DIR": str(tmp_path / "spool"),
        "JINWI_S3_IMAGES_BUCKET": f"{name}-images",
        "JINWI_S3_MODELS_BUCKET": f"{name}-models",
    }
    dsn = environment["JINWI_POSTGRES_DSN"]
    environment["JINWI_POSTGRES_DSN"] = dsn.removesuffix("/jinwi") + f"/{name}"
    for variable, value in environment.items():
        monkeypatch.setenv(variable, value)
    settings = config.load()
    with redis.Redis.from_url(broker_url(settings)) as client:
        client.flushall()
    ObjectStore(settings).make_buckets()
    owner = dsn.removesuffix("/jinwi") + "/postgres"
    with psycopg.connect(owner, password=environment["JINWI_POSTGRES_PASSWORD"], autocommit=True) as connection:
        connection.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(template))
        )
        yield settings
        connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))
    for bucket in (settings.s3_images_bucket, settings.s3_models_bucket):
        shutil.rmtree(folder / "servers" / "objects" / bucket, ignore_errors=True)


@pytest.fixture
def database(settings):
    database = Database(settings)
    database.open()
    yield database
    database.close()


@pytest.fixture
def store(settings):
    return ObjectStore(settings)


@pytest.fixture(scope="session")
def jinwi():
    """Runs the command line to its end: `jinwi("up", "--detach", JINWI_PORT="8001")`."""

    def run(*arguments, timeout=120, **environment):
        return subprocess.run(
            [Path(sys.executable).with_name("jinwi"), *arguments],
            env={**os.environ, **environment},
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )

    return run


@pytest.fixture(scope="session")
def service(folder, jinwi):
    home, port, trust = folder / "service", free_ports(1)[0], folder / "trust.pem"
    trust.write_text(trusted_signer().root)
    environment = {
        "JINWI_HOME": str(home),
        "JINWI_PORT": str(port),
        "JINWI_ALLOWED_NETWORKS": "127.0.0.0/8",
        "JINWI_C2PA_TRUST": str(trust),
        # Short, so that what a killed worker held is taken back within the patience of a test.
        "JINWI_DRAIN_SECONDS": "1",
        "JINWI_DECODER_SECONDS": "3",
        "JINWI_FETCH_SECONDS": "4",
        "JINWI_LEASE_SECONDS": "20",
        # All visitors of the tests come from one address.
        "JINWI_LINK_REQUESTS_PER_MINUTE": "0",
    }
    started = jinwi("up", "--detach", **environment)
    assert started.returncode == 0, started.stdout + started.stderr
    try:
        yield Service(url=f"http://127.0.0.1:{port}", key=(home / "key").read_text().strip(), home=home)
    finally:
        stopped = jinwi("down", **environment)
        assert stopped.returncode == 0, stopped.stdout + stopped.stderr


@pytest.fixture
def say(capsys):
    """Prints a figure that is to be reported, whatever pytest does with the output of tests that pass."""

    def line(text):
        with capsys.disabled():
            print(f"\n  {text}")  # noqa: T201

    return line


@pytest.fixture(scope="session")
def program():
    """The path of a program: where it is absent, a user's test is skipped, and a test in CI has failed."""

    def find(name):
        path = shutil.which(name)
        if path is None and os.environ.get("CI"):
            pytest.fail(f"the program {name} is missing")
        if path is None:
            pytest.skip(f"needs the program {name}")
        return path

    return find
