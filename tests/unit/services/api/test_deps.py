from types import SimpleNamespace

import pytest
from fastapi import FastAPI

from services.api.deps import IdempotencyKey, PreferredWait, get_parts
from services.api.errors import HANDLERS
from tests.unit.services.api.conftest import Asker


@pytest.fixture
def ask():
    app = FastAPI(exception_handlers=dict(HANDLERS))
    app.dependency_overrides[get_parts] = lambda: SimpleNamespace(settings=SimpleNamespace(max_wait_seconds=60))

    @app.get("/")
    async def read(wait: PreferredWait, key: IdempotencyKey) -> dict:
        return {"wait": wait, "key": key}

    return Asker(app)


@pytest.mark.parametrize(
    ("preference", "seconds"),
    [
        ("wait=20", 20),
        ("wait=0", 0),
        ("wait=100000", 60),
        ('wait="7"', 7),
        ("WAIT = 7", 7),
        ("wait=7; foo=bar", 7),
        ("respond-async, wait=10", 10),
        ("wait=5, wait=50", 5),
        ("wait=", None),
        ("wait=-1", None),
        ("wait=1.5", None),
        ("wait=soon", None),
        ("wait=9999999999", None),
        ("waiting=5", None),
        ("return=minimal", None),
        ("", None),
    ],
)
def test_a_wait_is_read_as_rfc_7240_writes_it_and_capped(ask, preference, seconds):
    assert ask("GET", "/", headers={"Prefer": preference}).json()["wait"] == seconds


def test_preferences_may_stand_in_several_lines(ask):
    answer = ask("GET", "/", headers=[("Prefer", "respond-async"), ("Prefer", "wait=4")])
    assert answer.json()["wait"] == 4


@pytest.mark.parametrize(
    ("header", "key"),
    [
        ("post-17", "post-17"),
        ('"post-17"', "post-17"),
        ('"post 17"', "post 17"),
        (r'"a\"b\\c"', r'a"b\c'),
        ("x" * 255, "x" * 255),
    ],
)
def test_an_idempotency_key_is_read_quoted_or_bare(ask, header, key):
    assert ask("GET", "/", headers={"Idempotency-Key": header}).json()["key"] == key


@pytest.mark.parametrize(
    "header", ["", '""', '"open', 'half"', "two words", r'"a\b"', "x" * 256, '"' + "x" * 256 + '"', "é"]
)
def test_an_unreadable_idempotency_key_is_refused_by_name(ask, header):
    answer = ask("GET", "/", headers={"Idempotency-Key": header.encode("latin-1")})
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == ["Idempotency-Key"]


@pytest.mark.parametrize("second", ["one", "two"])
def test_a_second_idempotency_key_is_refused(ask, second):
    answer = ask("GET", "/", headers=[("Idempotency-Key", "one"), ("idempotency-key", second)])
    assert answer.status_code == 422
    assert answer.json()["errors"] == [{"field": "Idempotency-Key", "message": "is given twice"}]
