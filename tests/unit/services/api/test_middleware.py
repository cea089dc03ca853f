import asyncio

import pytest
from fastapi import FastAPI, Request
from prometheus_client import REGISTRY

from services.api.errors import HANDLERS
from services.api.middleware import SMALL_BODY, BodyLimit, RequestContext
from tests.unit.services.api.conftest import Asker

SECRET = "postgresql://jinwi:hunter2@10.0.0.7"


@pytest.fixture
def app():
    app = FastAPI(exception_handlers=dict(HANDLERS))
    app.add_middleware(BodyLimit, path="/upload", upload=1_000_000)
    app.add_middleware(RequestContext)

    @app.get("/items/{name}")
    async def item(name: str) -> str:
        return name

    @app.get("/broken")
    def broken() -> None:
        raise RuntimeError(SECRET)

    @app.post("/upload")
    @app.post("/note")
    async def take(request: Request) -> int:
        return len(await request.body())

    return app


@pytest.fixture
def ask(app):
    return Asker(app)


def test_a_request_id_that_a_log_can_hold_is_kept(ask):
    assert ask("GET", "/items/a", headers={"X-Request-ID": "trace-1.2_3"}).headers["X-Request-ID"] == "trace-1.2_3"


@pytest.mark.parametrize("given", ["", "two words", "x" * 65, "a\tb", "é"])
def test_any_other_request_id_is_replaced(ask, given):
    answered = ask("GET", "/items/a", headers={"X-Request-ID": given.encode("latin-1")}).headers["X-Request-ID"]
    assert answered != given
    assert len(answered) == 32


def test_the_unexpected_is_a_problem_that_shows_nothing_of_the_inside(ask):
    answer = ask("GET", "/broken", headers={"X-Request-ID": "r1"})
    assert answer.status_code == 500
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.headers["X-Request-ID"] == "r1"
    assert answer.json()["type"] == "urn:jinwi:problem:internal"
    assert "hunter2" not in answer.text
    assert "RuntimeError" not in answer.text


def test_a_request_is_measured_by_the_route_and_never_by_the_path(ask):
    labels = {"method": "GET", "route": "/items/{name}", "status": "2xx"}
    before = REGISTRY.get_sample_value("jinwi_api_request_duration_seconds_count", labels) or 0
    ask("GET", "/items/a")
    ask("GET", "/items/b")
    ask("BREW", "/nowhere")
    assert REGISTRY.get_sample_value("jinwi_api_request_duration_seconds_count", labels) == before + 2
    unknown = {"method": "other", "route": "none", "status": "4xx"}
    assert REGISTRY.get_sample_value("jinwi_api_request_duration_seconds_count", unknown)


@pytest.mark.parametrize(
    ("path", "content_type", "size", "status"),
    [
        ("/note", "text/plain", SMALL_BODY, 200),
        ("/note", "text/plain", SMALL_BODY + 1, 413),
        ("/note", "multipart/form-data", SMALL_BODY + 1, 413),
        ("/upload", "application/json", SMALL_BODY + 1, 413),
        ("/upload", "multipart/form-data; boundary=x", 1_000_000 + SMALL_BODY, 200),
        ("/upload", "Multipart/Form-Data", 1_000_000 + SMALL_BODY + 1, 413),
    ],
)
@pytest.mark.parametrize("announced", [True, False])
def test_a_body_ends_at_its_limit(ask, path, content_type, size, status, announced):
    async def chunks():
        for start in range(0, size, 50_000):
            yield b"x" * min(50_000, size - start)

    body = b"x" * size if announced else chunks()
    answer = ask("POST", path, content=body, headers={"Content-Type": content_type})
    assert answer.status_code == status
    if status == 413:
        assert answer.json()["type"] == "urn:jinwi:problem:too-large"


def test_nothing_of_a_body_that_announces_too_much_is_read(app):
    async def receive():
        raise AssertionError("the body was read")

    sent = []

    async def send(message):
        sent.append(message)

    scope = {
        "type": "http",
        "method": "POST",
        "path": "/note",
        "raw_path": b"/note",
        "query_string": b"",
        "headers": [(b"content-length", str(SMALL_BODY + 1).encode())],
    }
    asyncio.run(app(scope, receive, send))
    assert sent[0]["status"] == 413
