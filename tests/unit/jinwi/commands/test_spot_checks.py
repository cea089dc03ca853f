"""Spot checks in both clients and on the command line, against a real server on the loopback."""

import asyncio
import json

import pytest
from typer.testing import CliRunner

from jinwi import AsyncClient, Client
from jinwi.cli import app
from tests.unit.jinwi.conftest import KEY, Answer

WAITING = {
    "id": "c1",
    "state": "waiting",
    "drawn_at": "2026-11-21T09:26:00+00:00",
    "kind": None,
    "label": None,
    "reason": None,
    "regression": False,
    "decided_at": None,
    "links": {"image": "/v1/spot-checks/c1/image"},
}
LABELLED = {
    **WAITING,
    "state": "labelled",
    "kind": "random",
    "label": "ai",
    "reason": "the \x1b[31mhands",
    "regression": True,
    "decided_at": "2026-11-21T09:27:00+00:00",
}
PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256))


def page(seen) -> Answer:
    """As many as were asked for, and always more."""
    shown = LABELLED if seen.query["state"] == "labelled" else WAITING
    checks = [{**shown, "id": f"c{number}"} for number in range(int(seen.query["limit"]))]
    return Answer(status=200, document={"spot_checks": checks, "next_cursor": "next"})


@pytest.fixture
def server(jinwi):
    jinwi.routes = {
        ("GET", "/v1/spot-checks"): page,
        ("GET", "/v1/spot-checks/c1/image"): Answer(status=200, content=PNG),
        ("POST", "/v1/spot-checks/c1"): lambda seen: Answer(status=200, document={**LABELLED, **seen.fields}),
        ("GET", "/v1/jobs/j1/training"): Answer(status=200, document={"lent": True, "used_by": ["r1"]}),
    }
    return jinwi


@pytest.fixture(params=["sync", "async"])
def ask(request, server):
    """Calls a method of `client.spot_checks`; a list for what is iterated."""

    async def run(method, *args, **kwargs):
        async with AsyncClient(server.url, KEY, timeout=20) as client:
            called = getattr(client.spot_checks, method)(*args, **kwargs)
            return [each async for each in called] if method == "list" else await called

    def call(method, *args, **kwargs):
        if request.param == "async":
            return asyncio.run(run(method, *args, **kwargs))
        with Client(server.url, KEY, timeout=20) as client:
            answer = getattr(client.spot_checks, method)(*args, **kwargs)
            return list(answer) if method == "list" else answer

    return call


@pytest.fixture
def command(server, tmp_path):
    def run(*arguments, language="C.UTF-8"):
        environment = {"JINWI_URL": server.url, "JINWI_API_KEY": KEY, "JINWI_HOME": str(tmp_path), "LC_ALL": language}
        return CliRunner().invoke(app, ["spot-checks", *map(str, arguments)], env=environment)

    return run


def test_clients_read_as_many_as_are_asked_for_page_after_page(ask, server):
    assert len(ask("list", limit=130)) == 130
    assert [seen.query.get("cursor") for seen in server.seen[-2:]] == [None, "next"]
    assert ask("list", labelled=True, limit=1)[0]["label"] == "ai"


def test_clients_fetch_the_picture_and_label_it(ask, server):
    assert ask("image", "c1") == PNG
    assert ask("label", "c1", "human", "seen", regression=True)["label"] == "human"
    assert server.seen[-1].fields == {"label": "human", "reason": "seen", "regression": True}


def test_clients_read_which_runs_used_a_job(server):
    with Client(server.url, KEY, timeout=20) as client:
        assert client.training("j1") == {"lent": True, "used_by": ["r1"]}

    async def run():
        async with AsyncClient(server.url, KEY, timeout=20) as client:
            return await client.training("j1")

    assert asyncio.run(run())["used_by"] == ["r1"]


def test_the_list_is_a_table_or_a_document_a_line_and_says_that_there_is_more(command):
    shown = command("list", "--limit", 2)
    assert shown.exit_code == 0, shown.output
    assert "c0" in shown.stdout
    assert "more than these 2" in shown.stderr
    lines = [json.loads(line) for line in command("list", "--limit", 2, "--json").stdout.splitlines()]
    assert [line["id"] for line in lines] == ["c0", "c1"]


@pytest.mark.parametrize(("language", "word"), [("C.UTF-8", "AI-generated"), ("ko_KR.UTF-8", "AI가 만듦")])
def test_a_label_is_sent_and_shown_in_the_readers_language(command, server, language, word):
    shown = command("label", "c1", "ai", "--reason", "the \x1b[31mhands", "--regression", language=language)
    assert shown.exit_code == 0, shown.output
    assert word in shown.stdout
    assert "\x1b" not in shown.stdout
    assert server.seen[-1].fields["regression"] is True


def test_a_picture_is_written_to_a_file(command, tmp_path):
    assert command("image", "c1", "--out", tmp_path / "seen.png").exit_code == 0
    assert (tmp_path / "seen.png").read_bytes() == PNG


def test_a_label_that_is_none_is_refused_before_anything_is_sent(command, server):
    assert command("label", "c1", "perhaps", "--reason", "seen").exit_code == 2
    assert server.seen == []
