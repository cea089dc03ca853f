import asyncio
import json

import pytest
from fastapi import FastAPI, Request
from prometheus_client import REGISTRY

from services.api import middleware
from services.api.errors import HANDLERS
from services.api.middleware import SMALL_BODY, BodyLimit, RequestContext, Upload
from tests.unit.services.api.conftest import Asker

SECRET = "postgresql://jinwi:hunter2@10.0.0.7"


async def post(app, path, body, *, pieces=None):
    """Status, headers and JSON of the answer; the body ends with its `pieces`-th piece, the client leaves after it."""
    sent, given = [], 0

    async def receive():
        nonlocal given
        given += 1
        piece = await anext(body, None)
        if piece is None:
            return {"type": "http.disconnect"}
        return {"type": "http.request", "body": piece, "more_body": given != pieces}

    async def send(message):
        sent.append(message)

    scope = {"type": "http", "method": "POST", "path": path, "raw_path": path.encode(), "query_string": b""}
    await app({**scope, "headers": []}, receive, send)
    headers = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
    return sent[0]["status"], headers, json.loads(b"".join(message["body"] for message in sent[1:]))


@pytest.fixture
def app():
    app = FastAPI(exception_handlers=dict(HANDLERS))
    app.add_middleware(
        BodyLimit, uploads={"/upload": Upload(bytes=1_000_000), "/slow": Upload(bytes=1_000_000, seconds=60)}
    )
    app.add_middleware(RequestContext)

    @app.get("/items/{name}")
    async def item(name: str) -> str:
        return name

    @app.get("/broken")
    def broken() -> None:
        raise RuntimeError(SECRET)

    @app.post("/upload")
    @app.post("/slow")
    @app.post("/note")
    async def take(request: Request) -> int:
        return len(await request.body())

    @app.post("/left")
    async def wait_until_the_client_leaves(request: Request) -> str:
        await request.body()
        return (await request.receive())["type"]

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


async def first_piece_and_then_nothing():
    yield b"x"
    await asyncio.Event().wait()


async def piece_after_piece():
    while True:
        yield b"x"
        await asyncio.sleep(0)


@pytest.mark.parametrize(
    ("limit", "body"), [("PAUSE_SECONDS", first_piece_and_then_nothing), ("BODY_SECONDS", piece_after_piece)]
)
def test_a_body_that_does_not_arrive_in_time_is_given_up(app, monkeypatch, limit, body):
    monkeypatch.setattr(middleware, limit, 0.01)
    status, headers, document = asyncio.run(post(app, "/note", body()))
    assert (status, document["type"]) == (408, "urn:jinwi:problem:too-slow")
    assert headers["connection"] == "close"


@pytest.mark.parametrize(("pace", "status"), [(1e9, 408), (1e-3, 200)], ids=["too slow", "fast enough"])
def test_a_body_that_drips_is_given_up_although_it_never_pauses(ask, monkeypatch, pace, status):
    monkeypatch.setattr(middleware, "PAUSE_SECONDS", 0.1)
    monkeypatch.setattr(middleware, "LEAST_PACE", pace)

    async def drops():
        late = asyncio.get_running_loop().time() + 2 * middleware.PAUSE_SECONDS
        while asyncio.get_running_loop().time() < late:
            yield b"x"
            await asyncio.sleep(0)

    assert ask("POST", "/note", content=drops()).status_code == status


@pytest.mark.parametrize(("path", "status"), [("/upload", 408), ("/slow", 200)])
def test_an_upload_may_have_a_time_of_its_own(ask, monkeypatch, path, status):
    monkeypatch.setattr(middleware, "BODY_SECONDS", 0.001)

    async def pieces():
        for _ in range(3):
            await asyncio.sleep(0.001)
            yield b"x"

    assert ask("POST", path, content=pieces(), headers={"Content-Type": "multipart/form-data"}).status_code == status


def test_a_body_that_has_ended_may_be_waited_on_for_as_long_as_the_answer_takes(app, monkeypatch):
    monkeypatch.setattr(middleware, "PAUSE_SECONDS", 0.01)

    async def leave_late():
        yield b""
        gone = asyncio.Event()
        asyncio.get_running_loop().call_later(5 * middleware.PAUSE_SECONDS, gone.set)
        await gone.wait()

    status, _, said = asyncio.run(post(app, "/left", leave_late(), pieces=1))
    assert (status, said) == (200, "http.disconnect")


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
