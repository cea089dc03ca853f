"""What the embedded stack consists of: three servers, the setup that runs to its end, the API, the workers and, where
torch is installed, a retrainer.
"""

import http.client
import importlib.util
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path

from deploy.local.child import Child
from deploy.local.home import Home
from deploy.local.servers import LOOPBACK, ObjectServer, Postgres, Redis, Server, free_ports
from shared.config import Settings

SIGNERS = {"setup", "retrainer"}
"""Parts that are told where the private key of model versions lies."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Stack:
    servers: Sequence[Server]
    setup: Child
    api: Child
    workers: Sequence[Child]

    @property
    def services(self) -> list[Child]:
        return [self.api, *self.workers]


class Api(Child):
    """Ready when it says so itself."""

    def __init__(self, address: tuple[str, int], *, log: Path, environment: Mapping[str, str]) -> None:
        super().__init__("api", _python("services.api"), log=log, environment=environment)
        self._address = address

    def ready(self) -> bool:
        connection = http.client.HTTPConnection(*self._address, timeout=5)
        try:
            connection.request("GET", "/health/ready")
            return self.running and connection.getresponse().status == HTTPStatus.OK
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()


class Setup(Child):
    """Ready when it has come to its end."""

    def ready(self) -> bool:
        return self.exit_code == 0

    def check(self) -> None:
        if not self.ready():
            super().check()


def api_address(settings: Settings) -> tuple[str, int]:
    """Where this machine itself finds the API."""
    return (LOOPBACK if settings.host == "0.0.0.0" else settings.host), settings.port  # noqa: S104 - compared, not bound


def servers(home: Home) -> list[Server]:
    """Raises ConfigurationError when a wheel is missing."""
    passwords = home.passwords()
    postgres, redis, objects = free_ports(3)
    return [
        Redis(home.root / "redis", port=redis, password=passwords["redis"], log=home.log("redis")),
        ObjectServer(
            home.root / "objects",
            port=objects,
            access_key=passwords["s3_access"],
            secret_key=passwords["s3_secret"],
            log=home.log("objects"),
        ),
        Postgres(home.root / "postgres", port=postgres, password=passwords["postgres"], log=home.log("postgres")),
    ]


def can_train() -> bool:
    """Whether a retrainer would find what it needs."""
    return importlib.util.find_spec("torch") is not None


def make_stack(settings: Settings, home: Home) -> Stack:
    """All of it, nothing started yet; raises ConfigurationError when a wheel is missing."""
    behind = servers(home)
    home.make_model_keys()
    environment = {
        **os.environ,
        "JINWI_MODEL_PUBLIC_KEY": str(settings.model_public_key or home.model_public_key),
        "JINWI_MODEL_TRUST": str(settings.model_trust or home.trusted_keys),
        "JINWI_HOME": str(home.root),
        "JINWI_MODEL_CACHE": str(home.root / "models"),
        "JINWI_RETRAINER_DIR": str(home.root / "retrainer"),
        "JINWI_SPOOL_DIR": str(home.root / "spool"),
        "PROMETHEUS_MULTIPROC_DIR": str(home.metrics),
    }
    for server in behind:
        environment |= server.settings()
    # Whoever signs has the private key, and nobody else even knows where it is.
    environment.pop("JINWI_MODEL_SIGNING_KEY", None)
    signing = {"JINWI_MODEL_SIGNING_KEY": str(settings.model_signing_key or home.model_key)}

    def worker(name: str, *arguments: str) -> Child:
        own = environment | signing if name in SIGNERS else environment
        return Child(name, _python(*arguments), log=home.log(name), environment=own)

    return Stack(
        servers=behind,
        setup=Setup("setup", _python("deploy.setup"), log=home.log("setup"), environment=environment | signing),
        api=Api(api_address(settings), log=home.log("api"), environment=environment),
        workers=[
            worker("scorer", "services.worker", "score"),
            worker("fetcher", "services.worker", "fetch"),
            worker("sender", "services.worker.sender"),
            worker("sweeper", "services.worker.sweeper"),
            worker("scheduler", "services.worker", "schedule"),
            *([worker("retrainer", "services.retrainer")] if can_train() else []),
        ],
    )


def _python(*arguments: str) -> list[str]:
    return [sys.executable, "-m", *arguments]
