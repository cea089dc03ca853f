"""`jinwi models rollout|stop|freeze|pin …` against a real server on the loopback: what is asked, what is said."""

import asyncio
import inspect
import json

import pytest
from typer.testing import CliRunner

from jinwi import AsyncClient, Client
from jinwi.cli import app
from tests.unit.jinwi.conftest import KEY, Answer, problem

NOTHING = {
    "n": 0,
    "tenants": 0,
    "errors": 0,
    "agreement": None,
    "changed": None,
    "human_to_ai": None,
    "changes": [],
    "psi": None,
    "uncertain": {"champion": None, "challenger": None},
    "overturned": {whose: {"reviewed": 0, "overturned": 0} for whose in ("champion", "challenger")},
}
SHADOW = NOTHING | {
    "n": 2000,
    "tenants": 3,
    "agreement": 0.95,
    "changed": 0.05,
    "human_to_ai": 0.05,
    "changes": [{"before": "likely_human", "after": "likely_ai", "n": 100}],
    "psi": 0.0312,
}
MOVE = {
    "id": "0",
    "at": "2026-11-21T09:26:00+00:00",
    "before": "available",
    "after": "shadow",
    "key_id": None,
    "why": "a [bold]better[/bold] one",
    "numbers": {},
    "run_id": None,
}
ROLLOUT = {
    "version": "1.2.0",
    "state": "shadow",
    "since": "2026-11-21T09:26:00+00:00",
    "automatic": True,
    "frozen": False,
    "shadow": SHADOW,
    "canary": NOTHING,
    "moves": [MOVE],
}
MODEL = {"version": "1.2.0", "state": "shadow", "aliases": ["challenger"], "card": {"note": "32 px"}}
FREEZE = {"frozen": True, "since": "2026-11-21T09:26:00+00:00", "why": "a fair week"}
ROUTES = {
    ("GET", "/v1/models/challenger"): MODEL,
    ("GET", "/v1/models/1.2.0"): MODEL,
    ("GET", "/v1/models/1.2.0/rollout"): ROLLOUT,
    ("GET", "/v1/models/challenger/rollout"): ROLLOUT,
    ("POST", "/v1/models/1.2.0/rollout"): ROLLOUT,
    ("DELETE", "/v1/models/challenger/rollout"): ROLLOUT | {"state": "stopped"},
    ("POST", "/v1/models/1.2.0/promote"): MODEL | {"state": "champion"},
    ("POST", "/v1/models/freeze"): FREEZE,
    ("POST", "/v1/models/unfreeze"): FREEZE | {"frozen": False, "why": None},
    ("PATCH", "/v1/policy"): {"version": 2, "model": "1.2.0"},
}


@pytest.fixture
def server(jinwi):
    jinwi.routes = {name: Answer(status=200, document=document) for name, document in ROUTES.items()}
    return jinwi


@pytest.fixture
def command(server):
    def run(*arguments):
        variables = {"JINWI_URL": server.url, "JINWI_API_KEY": KEY, "LANG": "C.UTF-8", "LC_ALL": "C.UTF-8"}
        return CliRunner().invoke(app, ["models", *arguments], env=variables)

    return run


def asked(server):
    return [
        (one.method, one.path, json.loads(one.body) if one.body else None)
        for one in server.seen
        if one.path != "/health/live"
    ]


@pytest.mark.parametrize(
    ("arguments", "sent", "english", "korean"),
    [
        (
            ["rollout", "1.2.0", "--why", "it"],
            ("POST", "1.2.0/rollout", {"why": "it"}),
            "answers nothing yet",
            "챔피언과 함께",
        ),
        (["stop"], ("DELETE", "challenger/rollout", None), "is stopped", "중단"),
        (["freeze", "--why", "it"], ("POST", "freeze", {"why": "it"}), "by itself until", "자동으로"),
        (["unfreeze"], ("POST", "unfreeze", {"why": None}), "by themselves again", "다시 자동"),
        (
            ["promote", "1.2.0", "--force", "--why", "it"],
            ("POST", "1.2.0/promote", {"why": "it", "force": True}),
            "is champion",
            "챔피언입니다",
        ),
    ],
)
def test_each_command_asks_once_and_says_what_is_so_now(server, command, arguments, sent, english, korean):
    method, path, body = sent
    result = command(*arguments)
    assert result.exit_code == 0, result.output
    assert asked(server) == [(method, f"/v1/models/{path}", body)]
    assert english in result.stdout
    said = command(*arguments, "--lang", "ko").stdout
    assert korean in said
    assert json.loads(command(*arguments, "--json").stdout) == ROUTES[method, f"/v1/models/{path}"]


def test_a_pin_is_the_version_that_an_alias_stands_for(server, command):
    assert "version 1.2.0" in command("pin", "challenger").stdout
    assert asked(server)[-1] == ("PATCH", "/v1/policy", {"model": "1.2.0"})
    server.routes["PATCH", "/v1/policy"] = Answer(status=200, document={"version": 3, "model": None})
    assert "by the champion" in command("unpin").stdout
    assert asked(server)[-1] == ("PATCH", "/v1/policy", {"model": None})


def test_a_version_is_shown_with_what_it_changed_and_where_it_went(command):
    shown = command("show", "challenger").stdout
    for text in (
        "2,000",
        "95.0%",
        "likely made by a person → likely AI-generated",
        "5.0%",
        "0.031",
        "a [bold]better[/bold] one",
    ):
        assert text.casefold() in shown.casefold(), text
    assert "canary:" not in shown
    assert json.loads(command("show", "challenger", "--json").stdout) == MODEL | {"rollout": ROLLOUT}


def test_what_the_server_refuses_is_said(server, command):
    server.routes["POST", "/v1/models/1.2.0/promote"] = problem(409, "Conflict", "Version 1.2.0 was stopped.")
    result = command("promote", "1.2.0")
    assert (result.exit_code, result.stderr) == (1, "Version 1.2.0 was stopped.\n")


def test_both_clients_do_the_same(server):
    calls = {
        "rollout": ["1.2.0"],
        "begin_rollout": ["1.2.0"],
        "stop_rollout": [],
        "freeze_models": [],
        "unfreeze_models": [],
        "pin_model": ["1.2.0"],
    }

    async def run():
        client = AsyncClient(server.url, KEY)
        try:
            return [await getattr(client, name)(*arguments) for name, arguments in calls.items()]
        finally:
            await client.close()

    with Client(server.url, KEY) as client:
        said = [getattr(client, name)(*arguments) for name, arguments in calls.items()]
    assert asyncio.run(run()) == said
    for name in [*calls, "promote_model"]:
        own, other = (inspect.signature(getattr(each, name)) for each in (Client, AsyncClient))
        assert own.parameters.keys() == other.parameters.keys()
