"""Webhooks in both clients and on the command line, against a real server on the loopback."""

import asyncio
import json
from datetime import UTC, datetime

import pytest
from typer.testing import CliRunner

from jinwi import AsyncClient, Client, Unavailable
from jinwi.cli import app
from jinwi.results.webhooks import DeliveryState, Event
from jinwi.texts.english import ENGLISH
from jinwi.texts.korean import KOREAN
from shared.domain import webhook as domain
from tests.unit.jinwi.conftest import KEY, Answer

WEBHOOK = {
    "id": "w1",
    "url": "https://example.com/hook",
    "events": None,
    "description": "\x1b[31mours",
    "enabled": False,
    "disabled_reason": "gone",
    "disabled_at": "2026-11-21T09:26:00+00:00",
    "failing_since": "2026-11-20T09:26:00+00:00",
    "previous_secret_until": None,
    "created_at": "2026-11-19T09:26:00+00:00",
}
ATTEMPT = {
    "attempt": 1,
    "status": 503,
    "response": "not now",
    "error": None,
    "duration_ms": 12.3,
    "created_at": "2026-11-21T09:26:00+00:00",
}


def delivery_document(number: int) -> dict:
    return {
        "id": f"d{number}",
        "message_id": f"msg_{number}",
        "endpoint_id": "w1",
        "job_id": "j1",
        "event": "job.done",
        "url": "https://example.com/hook",
        "state": "exhausted",
        "attempts": 10,
        "next_attempt_at": None,
        "created_at": "2026-11-21T09:26:00+00:00",
    }


DETAIL = {**delivery_document(0), "body": "{}", "history": [ATTEMPT]}


def page(seen) -> Answer:
    deliveries = [delivery_document(number) for number in range(int(seen.query["limit"]))]
    last = None if "cursor" in seen.query else "c"
    return Answer(status=200, document={"deliveries": deliveries, "next_cursor": last})


@pytest.fixture
def server(jinwi):
    root = "/v1/webhooks"
    with_secret = {**WEBHOOK, "secret": "whsec_new"}
    jinwi.routes = {
        ("POST", root): lambda seen: Answer(status=201, document={**with_secret, **seen.fields}),
        ("GET", root): Answer(status=200, document={"webhooks": [WEBHOOK]}),
        ("GET", f"{root}/w1"): Answer(status=200, document=WEBHOOK),
        ("PATCH", f"{root}/w1"): lambda seen: Answer(
            status=200, document={**WEBHOOK, **seen.fields, "disabled_reason": None, "failing_since": None}
        ),
        ("DELETE", f"{root}/w1"): Answer(status=200, document=WEBHOOK),
        ("POST", f"{root}/w1/rotate-secret"): Answer(
            status=200, document={**with_secret, "previous_secret_until": "2026-11-22T09:26:00+00:00"}
        ),
        ("POST", f"{root}/w1/recover"): Answer(status=200, document={"recovered": 1234}),
        ("GET", "/v1/webhook-deliveries"): page,
        ("GET", f"{root}/w1/deliveries"): page,
        ("GET", "/v1/webhook-deliveries/d0"): Answer(status=200, document=DETAIL),
        ("POST", "/v1/webhook-deliveries/d0/replay"): Answer(status=200, document=delivery_document(0)),
    }
    return jinwi


@pytest.fixture(params=["sync", "async"])
def ask(request, server):
    """Calls a method of `client.webhooks`; a list for what is iterated."""

    async def run(method, *args, **kwargs):
        async with AsyncClient(server.url, KEY, timeout=20) as client:
            called = getattr(client.webhooks, method)(*args, **kwargs)
            return [each async for each in called] if method == "deliveries" else await called

    def call(method, *args, **kwargs):
        if request.param == "async":
            return asyncio.run(run(method, *args, **kwargs))
        with Client(server.url, KEY, timeout=20) as client:
            answer = getattr(client.webhooks, method)(*args, **kwargs)
            return list(answer) if method == "deliveries" else answer

    return call


@pytest.fixture
def command(server, tmp_path):
    def run(*arguments):
        environment = {"JINWI_URL": server.url, "JINWI_API_KEY": KEY, "JINWI_HOME": str(tmp_path), "LC_ALL": "C.UTF-8"}
        return CliRunner().invoke(app, ["webhooks", *map(str, arguments)], env=environment)

    return run


def lines(result):
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_the_client_knows_each_event_and_state_of_the_server():
    assert {event.value for event in Event} == {event.value for event in domain.Event}
    assert {state.value for state in DeliveryState} == {state.value for state in domain.DeliveryState}


@pytest.mark.parametrize("language", [ENGLISH, KOREAN], ids=["en", "ko"])
def test_every_state_and_reason_has_its_words(language):
    assert set(language.delivery_states) == {state.value for state in domain.DeliveryState}
    assert set(language.disabled) == {reason.value for reason in domain.DisabledReason}


def test_an_endpoint_is_added_with_its_secret_which_no_repr_shows(ask, server):
    made = ask("add", "https://example.com/hook", events=["job.done"])
    assert (made.secret, made.events) == ("whsec_new", ("job.done",))
    assert "whsec_" not in repr(made)
    assert server.seen[-1].fields["events"] == ["job.done"]


def test_endpoints_are_read_changed_rotated_and_removed(ask, server):
    [listed] = ask("list")
    assert listed == ask("get", "w1")
    assert (listed.disabled_reason, listed.failing_since) == ("gone", datetime(2026, 11, 20, 9, 26, tzinfo=UTC))
    assert ask("enable", "w1").enabled
    assert server.seen[-1].fields == {"enabled": True}
    ask("change", "w1", events=None, description="new")
    assert server.seen[-1].fields == {"events": None, "description": "new"}
    assert ask("rotate_secret", "w1").secret == "whsec_new"
    assert ask("remove", "w1").id == "w1"


def test_deliveries_follow_the_cursors_up_to_the_limit(ask, server):
    assert len(ask("deliveries", "w1", limit=150, state="held")) == 150
    first, second = (seen.query for seen in server.seen)
    assert first == {"state": "held", "limit": "100"}
    assert second == {"state": "held", "limit": "50", "cursor": "c"}


def test_a_delivery_comes_with_its_history_and_is_replayed(ask):
    [attempt] = ask("delivery", "d0").history
    assert (attempt.status, attempt.response) == (503, "not now")
    assert ask("replay", "d0").message_id == "msg_0"


def test_recovery_sends_the_time_with_its_zone(ask, server):
    since = datetime(2026, 11, 21, 9, tzinfo=UTC)
    assert ask("recover", "w1", since) == 1234
    assert datetime.fromisoformat(server.seen[-1].fields["since"]) == since


@pytest.mark.parametrize(
    ("method", "arguments"),
    [("add", ["https://example.com"]), ("rotate_secret", ["w1"]), ("remove", ["w1"]), ("replay", ["d0"])],
)
def test_what_would_be_done_twice_is_not_sent_again_when_the_answer_is_lost(ask, server, method, arguments):
    server.routes = {}
    server.script.append(Answer(status=0))
    with pytest.raises(Unavailable):
        ask(method, *arguments)
    assert len(server.seen) == 1


def test_the_command_shows_a_secret_once_and_says_so(command, server):
    result = command("add", "https://example.com/hook", "--event", "job.done", "--event", "job.dead")
    assert "whsec_new" in result.stdout
    assert "shown once" in result.stderr
    assert server.seen[-1].fields["events"] == ["job.done", "job.dead"]
    assert lines(command("add", "https://example.com/hook", "--json"))[0]["secret"] == "whsec_new"
    rotated = command("rotate", "w1")
    assert "whsec_new" in rotated.stdout
    assert "Until 2026-11-22 09:26:00 UTC the old secret signs as well" in rotated.stderr


def test_an_event_that_is_none_is_a_wrong_usage(command, server):
    assert command("add", "https://example.com", "--event", "job.began").exit_code == 2
    assert server.seen == []


def test_the_command_lists_shows_enables_and_removes(command):
    assert "disabled: it answered 410" in command("list").stdout
    assert "중지됨: 410 응답" in command("list", "--lang", "ko").stdout
    assert lines(command("list", "--json")) == [WEBHOOK]
    shown = command("show", "w1").stdout
    assert "2026-11-20" in shown
    assert "\x1b" not in shown
    enabled = command("enable", "w1")
    assert "jinwi webhooks recover w1" in enabled.stderr
    assert "removed" in command("remove", "w1").stdout
    assert lines(command("remove", "w1", "--json")) == [WEBHOOK]


def test_the_command_lists_deliveries_and_their_attempts(command, server):
    result = command("deliveries", "--state", "held", "--event", "job.done", "--job", "j1", "--limit", 3)
    assert result.stdout.count("exhausted") == 3
    assert "more than these 3" in result.stderr
    assert server.seen[-1].query.items() >= {"state": "held", "event": "job.done", "job_id": "j1"}.items()
    assert "포기함" in command("deliveries", "w1", "--lang", "ko").stdout
    assert "not now" in command("attempts", "d0").stdout
    assert lines(command("attempts", "d0", "--json")) == [DETAIL]


def test_the_command_replays_and_recovers(command):
    assert "d0" in command("replay", "d0").stdout
    assert "1,234" in command("recover", "w1", "--since", "2026-11-21T09:00Z").stdout
    assert lines(command("recover", "w1", "--since", "2026-11-21", "--json")) == [{"recovered": 1234}]
    refused = command("recover", "w1", "--since", "yesterday")
    assert refused.exit_code == 2
    assert "2026-11-21T09:00Z" in refused.output
