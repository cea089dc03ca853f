"""`python -m services.api`: one process; more of them stand behind a balancer."""

import ctypes
import socket
import sys

import uvicorn
from fastapi import FastAPI

from services.api.main import create_app
from shared import logging, metrics
from shared.config import Settings, load
from shared.errors import ConfigurationError

DRAIN_SECONDS = 25
"""Most seconds that requests under way may take once the process is asked to stop."""

_M_MMAP_THRESHOLD = -3
_LARGE_BLOCK = 256 << 10


class _Server(uvicorn.Server):
    def __init__(self, app: FastAPI, settings: Settings) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                host=settings.host,
                port=settings.port,
                log_config=None,
                log_level="warning",
                access_log=False,
                server_header=False,
                timeout_graceful_shutdown=DRAIN_SECONDS,
            )
        )
        self._app = app

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Requests that only wait for a job are answered at once with what is known."""
        self._app.state.parts.watch.dismiss()
        await super().shutdown(sockets)


def _give_large_blocks_back() -> None:
    """Fix the size from which glibc returns memory at once (mallopt(3)); left alone, it grows and uploads stay."""
    libc = ctypes.CDLL(None)
    if hasattr(libc, "mallopt"):
        libc.mallopt(_M_MMAP_THRESHOLD, _LARGE_BLOCK)


def main() -> None:
    try:
        settings = load()
    except ConfigurationError as exc:
        sys.exit(str(exc))
    logging.setup("api", settings)
    metrics.use_slot("api")
    _give_large_blocks_back()
    server = _Server(create_app(settings), settings)
    server.run()
    if not server.started:
        sys.exit(1)


if __name__ == "__main__":
    main()
