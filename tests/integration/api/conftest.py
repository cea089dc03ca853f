"""The API in this process, on the real servers; called as any client calls it."""

import functools
from collections.abc import Collection
from contextlib import ExitStack

import httpx
import pytest
from anyio.from_thread import BlockingPortal, start_blocking_portal

from services.api.main import create_app
from shared.domain.tenant import Scope
from shared.storage import tenants


class Client:
    """httpx's calls, from the thread of a test (or from many) into the loop in which the API runs."""

    def __init__(self, portal: BlockingPortal, client: httpx.AsyncClient) -> None:
        self._portal = portal
        self._client = client

    def request(self, method: str, path: str, **options) -> httpx.Response:
        return self._portal.call(functools.partial(self._client.request, method, path, **options))

    def get(self, path: str, **options) -> httpx.Response:
        return self.request("GET", path, **options)

    def post(self, path: str, **options) -> httpx.Response:
        return self.request("POST", path, **options)

    def patch(self, path: str, **options) -> httpx.Response:
        return self.request("PATCH", path, **options)

    def put(self, path: str, **options) -> httpx.Response:
        return self.request("PUT", path, **options)

    def delete(self, path: str, **options) -> httpx.Response:
        return self.request("DELETE", path, **options)

    def upload(self, data: bytes, *, headers=None, **fields) -> httpx.Response:
        return self.post("/v1/jobs", files={"image": ("image", data)}, data=fields, headers=headers)


@pytest.fixture(scope="module")
def portal():
    with start_blocking_portal() as portal:
        yield portal


@pytest.fixture
def serve(portal, settings):
    """Starts the API under some settings; gives what makes clients of it. It ends before its database does."""
    with ExitStack() as stack:

        def start(settings):
            app = create_app(settings)
            stack.enter_context(portal.wrap_async_context_manager(app.router.lifespan_context(app)))

            def connect(key: str | None) -> Client:
                headers = {"Authorization": f"Bearer {key}"} if key else {}
                transport = httpx.ASGITransport(app)
                return Client(portal, httpx.AsyncClient(transport=transport, base_url="http://api", headers=headers))

            connect.app = app
            return connect

        yield start


@pytest.fixture
def connect(serve, settings):
    return serve(settings)


@pytest.fixture
def new_key(database, tenant):
    """Makes keys of the tenant, or of another."""

    def make(scopes: Collection[Scope] = tuple(Scope), tenant_id=None) -> str:
        with database.transaction() as connection:
            return tenants.create_key(connection, tenant_id or tenant, "test", scopes)[1]

    return make


@pytest.fixture
def client(connect, new_key):
    return connect(new_key())
