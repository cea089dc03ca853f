"""Models, keys and the audit log."""

import re

from tests.unit.jinwi.cli.conftest import lines
from tests.unit.jinwi.conftest import Answer


def test_models_are_listed_and_shown(command, jinwi):
    model = {
        "version": "0.1.0",
        "state": "champion",
        "aliases": ["champion"],
        "card": {"note": "[bold]32 px[/bold]"},
    }
    never = {"n": 0, "errors": 0}
    rollout = {"state": "champion", "frozen": False, "shadow": never, "canary": never, "moves": []}
    jinwi.routes = {
        ("GET", "/v1/models/0.1.0/rollout"): Answer(status=200, document=rollout),
        ("GET", "/v1/models"): Answer(status=200, document={"models": [model]}),
        ("GET", "/v1/models/champion"): Answer(status=200, document=model),
    }
    assert "champion" in command("models", "list").stdout
    assert lines(command("models", "list", "--json")) == [model]
    shown = command("models", "show", "champion").stdout
    assert re.search(r"card\.note +│ \[bold\]32 px\[/bold\]", shown)
    assert lines(command("models", "show", "--json")) == [model | {"rollout": rollout}]


def test_a_key_is_created_listed_and_revoked(command, jinwi):
    key = {
        "id": "k1",
        "name": "pipeline",
        "scopes": ["submit"],
        "created_at": "2026-11-21T09:26:00",
        "revoked_at": None,
    }
    jinwi.routes = {
        ("POST", "/v1/keys"): lambda seen: Answer(status=201, document={**key, **seen.fields, "key": "jinwi_x"}),
        ("GET", "/v1/keys"): Answer(status=200, document={"keys": [key]}),
        ("DELETE", "/v1/keys/k1"): Answer(status=200, document=key),
    }
    result = command("keys", "create", "pipeline", "--scope", "submit", "--scope", "read")
    assert result.stdout.splitlines() == ["jinwi_x"]
    assert "shown once" in result.stderr
    assert jinwi.seen[-1].fields == {"name": "pipeline", "scopes": ["submit", "read"]}
    said = command("keys", "list", "--lang", "ko").stdout
    assert all(text in said for text in ("pipeline", "만든 시각", "2026-11-21 09:26:00 "))
    assert lines(command("keys", "list", "--json")) == [key]
    assert "k1" in command("keys", "revoke", "k1").stdout
    assert lines(command("keys", "revoke", "k1", "--json")) == [key]


def test_what_administrators_did_is_listed(command, jinwi):
    act = {
        "id": "a1",
        "at": "2026-11-21T09:26:00",
        "key_id": None,
        "tenant_id": None,
        "action": "lane.paused",
        "subject": "bulk",
        "details": {"why": "점검"},
    }
    jinwi.routes[("GET", "/v1/audit")] = Answer(status=200, document={"acts": [act, act], "next_cursor": None})
    result = command("audit", "--limit", "1")
    assert all(text in result.stdout for text in ("lane.paused", "bulk", "the system", "점검", "2026-11-21 09:26:00 "))
    assert "more than these 1" in result.stderr
    assert "시스템" in command("audit", "--lang", "ko").stdout
    assert lines(command("audit", "--json")) == [act, act]
    command("audit", "--action", "key.created", "--key", "k1", "--since", "2026-11-01T00:00:00+00:00")
    asked = {"action": "key.created", "key_id": "k1", "limit": "21"}
    assert jinwi.seen[-1].query.items() >= asked.items()
    assert jinwi.seen[-1].query["since"].startswith("2026-1")
