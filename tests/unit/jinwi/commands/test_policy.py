"""`jinwi policy`: what is asked of the server, what is said, and what is no setting."""

import asyncio
import json

import pytest
from typer.testing import CliRunner

from jinwi import AsyncClient, Client
from jinwi.cli import app
from tests.unit.jinwi.conftest import KEY, Answer, problem

POLICY = {
    "version": 3,
    "thresholds": {"likely_human": 0.1, "likely_ai": 0.9},
    "model": None,
    "evidence": "basic",
    "domain_cap": 0.1,
    "allow_training": False,
}
VARIABLES = {"JINWI_API_KEY": KEY, "LANG": "C.UTF-8", "LC_ALL": "C.UTF-8"}


@pytest.fixture
def server(jinwi):
    jinwi.routes = {(method, "/v1/policy"): Answer(status=200, document=POLICY) for method in ("GET", "PATCH")}
    return jinwi


@pytest.fixture
def command(server):
    def run(*arguments):
        return CliRunner().invoke(app, ["policy", *arguments], env=VARIABLES | {"JINWI_URL": server.url})

    return run


def asked(server):
    return [(seen.method, seen.fields) for seen in server.seen if seen.path == "/v1/policy"]


def test_it_shows_each_member(server, command):
    shown = command()
    assert (shown.exit_code, asked(server)) == (0, [("GET", {})])
    rows = dict(map(str.strip, line.split("│")) for line in shown.stdout.splitlines() if "│" in line)
    assert rows["domain_cap"] == "0.1"
    assert rows["thresholds"] == "likely_human 0.1, likely_ai 0.9"
    assert (rows["model"], rows["evidence"], rows["allow_training"]) == ("–", "basic", "false")
    assert json.loads(command("--json").stdout) == POLICY


def test_what_is_set_goes_as_one_merge_patch(server, command):
    settings = (
        "domain_cap=0.05",
        "thresholds.likely_ai=0.9",
        "thresholds.likely_human=0.1",
        "model=1.2.0",
        "evidence=null",
    )
    assert command(*(word for setting in settings for word in ("--set", setting))).exit_code == 0
    assert asked(server) == [
        (
            "PATCH",
            {
                "domain_cap": 0.05,
                "thresholds": {"likely_ai": 0.9, "likely_human": 0.1},
                "model": "1.2.0",
                "evidence": None,
            },
        )
    ]


@pytest.mark.parametrize(
    "setting",
    [
        "domain_cap",
        "=0.1",
        "thresholds.=1",
        "domain_cap=NaN",
        "thresholds.likely_ai=-Infinity",
        'thresholds={"likely_ai": 1e999}',
    ],
)
def test_what_is_no_setting_is_said_and_nothing_is_sent(server, command, setting):
    result = command("--set", setting)
    assert (result.exit_code, asked(server)) == (2, [])
    assert "domain_cap=0.05" in result.stderr
    assert setting in result.stderr


def test_what_the_server_refuses_is_said(server, command):
    server.routes["PATCH", "/v1/policy"] = problem(422, "Invalid", "domain_cap: must be at most 1")
    result = command("--set", "domain_cap=10")
    assert (result.exit_code, result.stderr) == (1, "domain_cap: must be at most 1\n")


def test_both_clients_do_the_same(server):
    async def run():
        client = AsyncClient(server.url, KEY)
        try:
            return [await client.policy(), await client.change_policy({"domain_cap": None})]
        finally:
            await client.close()

    with Client(server.url, KEY) as client:
        assert [client.policy(), client.change_policy({"domain_cap": None})] == asyncio.run(run()) == [POLICY, POLICY]
    assert asked(server) == [("GET", {}), ("PATCH", {"domain_cap": None})] * 2
