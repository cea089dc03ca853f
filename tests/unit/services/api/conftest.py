"""The application without its lifespan: what needs no server of ours can be asked."""

import asyncio
from dataclasses import dataclass

import httpx
import pytest
from starlette.types import ASGIApp

from services.api.main import create_app
from shared.config import Settings


@dataclass(frozen=True)
class Asker:
    """One request to an ASGI application, in a loop of its own."""

    app: ASGIApp

    def __call__(self, method: str, path: str, **options) -> httpx.Response:
        return asyncio.run(self._ask(method, path, **options))

    async def _ask(self, method: str, path: str, **options) -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(self.app), base_url="http://api") as client:
            return await client.request(method, path, **options)


@pytest.fixture
def app():
    return create_app(Settings(_env_file=None))


@pytest.fixture
def ask(app):
    return Asker(app)
