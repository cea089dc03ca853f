"""Reviews, links and appeals in both clients and on the command line, against a real server on the loopback."""

import asyncio
import json
import re
from datetime import UTC, datetime

import pytest
from typer.testing import CliRunner

from jinwi import AsyncClient, Client, Unavailable
from jinwi.cli import app
from jinwi.results import people, reviews
from jinwi.texts.english import ENGLISH
from jinwi.texts.korean import KOREAN
from shared.domain import appeal, review
from shared.domain.verdict import Verdict
from tests.unit.jinwi.conftest import KEY, Answer, job_document

LINK = {
    "id": "l1",
    "job_id": "j1",
    "created_at": "2026-11-21T09:26:00+00:00",
    "expires_at": None,
    "revoked_at": None,
}
APPEAL = {
    "id": "a1",
    "job_id": "j1",
    "state": "open",
    "verdict": "likely_ai",
    "message": "I drew\x1b[31m this.",
    "contact": "kim@example.com",
    "files": [
        {"number": 1, "name": "../\x1b[31msketch.psd", "bytes": 3, "sha256": "00", "path": "/v1/appeals/a1/files/1"},
        {"number": 2, "name": "a\nb.jpg", "bytes": 1234, "sha256": "01", "path": "/v1/appeals/a1/files/2"},
    ],
    "reason": None,
    "reviewer": None,
    "created_at": "2026-11-21T09:26:00+00:00",
    "decided_at": None,
}
DECIDED = {"decided_at": "2026-11-21T10:00:00+00:00"}
REVIEWED = {"state": "disputed", "verdict_by_person": None, "votes": {"human": 1, "ai": 1, "unsure": 0}}


def page(seen) -> Answer:
    appeals = [{**APPEAL, "id": f"a{number}"} for number in range(int(seen.query["limit"]))]
    last = None if "cursor" in seen.query else "c"
    return Answer(status=200, document={"appeals": appeals, "next_cursor": last})


def decided(seen) -> Answer:
    said = seen.fields
    return Answer(
        status=200,
        document={
            **APPEAL,
            **DECIDED,
            "state": said["outcome"],
            "reason": said["reason"],
            "reviewer": said["reviewer"],
        },
    )


@pytest.fixture
def server(jinwi):
    links = "/v1/jobs/j1/links"
    jinwi.routes = {
        ("POST", "/v1/jobs/j1/review"): lambda seen: Answer(status=201, document=seen.fields),
        ("GET", "/v1/jobs/j1"): Answer(status=200, document=job_document("j1", reviewed=REVIEWED)),
        ("POST", links): lambda seen: Answer(status=201, document={**LINK, **seen.fields, "path": "/r/secret"}),
        ("GET", links): Answer(status=200, document={"links": [LINK]}),
        ("DELETE", f"{links}/l1"): Answer(status=200, document={**LINK, "revoked_at": LINK["created_at"]}),
        ("GET", "/v1/appeals"): page,
        ("GET", "/v1/appeals/a1"): Answer(status=200, document=APPEAL),
        ("GET", "/v1/appeals/a1/files/1"): Answer(status=200, content=b"raw"),
        ("GET", "/v1/appeals/a1/files/2"): Answer(status=200, content=b"raw too"),
        ("POST", "/v1/appeals/a1/decision"): decided,
    }
    return jinwi


@pytest.fixture(params=["sync", "async"])
def ask(request, server):
    """Calls a method of `client.links` or `client.appeals`; a list for what is iterated."""

    async def run(part, method, *args, **kwargs):
        async with AsyncClient(server.url, KEY, timeout=20) as client:
            called = getattr(getattr(client, part), method)(*args, **kwargs)
            iterated = (part, method) == ("appeals", "list")
            return [each async for each in called] if iterated else await called

    def call(part, method, *args, **kwargs):
        if request.param == "async":
            return asyncio.run(run(part, method, *args, **kwargs))
        with Client(server.url, KEY, timeout=20) as client:
            answer = getattr(getattr(client, part), method)(*args, **kwargs)
            return list(answer) if (part, method) == ("appeals", "list") else answer

    return call


@pytest.fixture
def command(server, tmp_path):
    def run(*arguments):
        environment = {"JINWI_URL": server.url, "JINWI_API_KEY": KEY, "JINWI_HOME": str(tmp_path), "LC_ALL": "C.UTF-8"}
        return CliRunner().invoke(app, [*map(str, arguments)], env=environment)

    return run


def lines(result):
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_the_client_knows_the_words_of_the_server():
    for ours, theirs in (
        (people.AppealState, appeal.AppealState),
        (reviews.ReviewState, review.ReviewState),
        (reviews.Item, review.Item),
        (reviews.Tick, review.Tick),
        (reviews.Label, review.Label),
    ):
        assert [one.value for one in ours] == [one.value for one in theirs]


@pytest.mark.parametrize("language", [ENGLISH, KOREAN], ids=["en", "ko"])
def test_every_state_and_verdict_has_its_words(language):
    texts = language.people
    assert set(texts.review_states) == {state.value for state in review.ReviewState}
    assert set(texts.appeal_states) == {state.value for state in appeal.AppealState}
    assert set(texts.said) == {*(one.value for one in Verdict), "human", "ai", "disputed"}


def test_both_languages_fill_in_the_same_names():
    for name in ENGLISH.people.__dataclass_fields__:
        both = [getattr(language.people, name) for language in (ENGLISH, KOREAN)]
        if isinstance(both[0], str):
            english, korean = (set(re.findall(r"\{(\w+)", text)) for text in both)
            assert english == korean, name


def test_a_link_is_made_with_its_path_which_no_repr_shows(ask, server):
    ends = datetime(2027, 3, 1, tzinfo=UTC)
    made = ask("links", "create", "j1", expires_at=ends)
    assert (made.path, made.expires_at) == ("/r/secret", ends)
    assert "secret" not in repr(made)
    ask("links", "create", "j1")
    assert server.seen[-1].fields == {"expires_at": None}
    [listed] = ask("links", "list", "j1")
    assert (listed.id, listed.path, listed.revoked_at) == ("l1", None, None)
    assert ask("links", "revoke", "j1", listed).revoked_at == listed.created_at


def test_appeals_are_listed_read_and_decided(ask, server):
    assert len(ask("appeals", "list", limit=150, state="open")) == 150
    first, second = (seen.query for seen in server.seen)
    assert first == {"state": "open", "limit": "100"}
    assert second == {"state": "open", "limit": "50", "cursor": "c"}
    made = ask("appeals", "get", "a1")
    assert (made.state, made.files[0].bytes) == ("open", 3)
    assert ask("appeals", "file", made, 1) == b"raw"
    answer = ask("appeals", "decide", made, "overturned", reason="drawn", reviewer="Kim", label=None)
    assert (answer.state, answer.reason) == ("overturned", "drawn")
    assert server.seen[-1].fields == {"outcome": "overturned", "reason": "drawn", "reviewer": "Kim"}
    ask("appeals", "decide", made, "overturned", reason="d", reviewer="K", label="human", checklist={"hands": "ok"})
    assert server.seen[-1].fields["label"] == "human"


@pytest.mark.parametrize(
    ("part", "method", "arguments", "said"),
    [("links", "create", ["j1"], {}), ("appeals", "decide", ["a1", "upheld"], {"reason": "r", "reviewer": "K"})],
)
def test_what_would_be_done_twice_is_not_sent_again_when_the_answer_is_lost(ask, server, part, method, arguments, said):
    server.routes = {}
    server.script.append(Answer(status=0))
    with pytest.raises(Unavailable):
        ask(part, method, *arguments, **said)
    assert len(server.seen) == 1


def test_the_command_reviews_with_a_checklist_and_asks_for_another_opinion(command, server):
    said = ("review", "j1", "--label", "ai", "--reason", "six fingers", "--reviewer", "Kim", "--check", "hands=odd")
    result = command(*said)
    assert server.seen[-2].fields == {
        "label": "ai",
        "reason": "six fingers",
        "reviewer": "Kim",
        "checklist": {"hands": "odd"},
    }
    assert "disputed" in result.stdout
    assert "ask a further reviewer" in result.stderr
    assert "의견이 엇갈림" in command(*said, "--lang", "ko").stdout
    assert lines(command(*said, "--json"))[0]["label"] == "ai"


@pytest.mark.parametrize("check", ["feet=odd", "hands=six", "hands", "=", "hands=odd=ok"])
def test_a_tick_that_is_none_is_a_wrong_usage(command, server, check):
    result = command("review", "j1", "--label", "ai", "--reason", "r", "--check", check)
    assert result.exit_code == 2
    assert "lighting, shadows" in result.stderr
    assert server.seen == []


def test_the_command_makes_lists_and_revokes_links(command, server):
    made = command("links", "create", "j1", "--expires", "2027-03-01T00:00Z")
    assert made.stdout.strip() == f"{server.url}/r/secret"
    assert "shown this once" in made.stderr
    assert "when it is revoked" in command("links", "list", "j1").stdout
    assert "취소됨" in command("links", "revoke", "j1", "l1", "--lang", "ko").stdout
    assert lines(command("links", "list", "j1", "--json")) == [LINK]


def test_the_command_lists_shows_and_decides_appeals(command, server, tmp_path):
    result = command("appeals", "list", "--state", "open", "--job", "j1", "--limit", 2)
    assert result.stdout.count("likely AI-generated") == 2
    assert "more than these 2" in result.stderr
    shown = command("appeals", "show", "a1", "--files", tmp_path / "files")
    assert "\x1b" not in shown.stdout
    assert "treat them as any" in shown.stderr
    assert [
        line.split("│")[1].strip() for line in shown.stdout.splitlines() if "sketch.psd" in line or "1,234" in line
    ] == [
        r"1  ../\x1b[31msketch.psd  3",
        r"2  a\nb.jpg  1,234",
    ]
    assert sorted(path.name for path in (tmp_path / "files").iterdir()) == ["a1-1.bin", "a1-2.bin"]
    assert (tmp_path / "files" / "a1-1.bin").read_bytes() == b"raw"
    decision = ("appeals", "decide", "a1", "overturned", "--reason", "It is drawn.", "--reviewer", "Kim")
    assert "overturned" in command(*decision).stdout
    assert "판정 뒤집힘" in command(*decision, "--lang", "ko").stdout
    assert lines(command("appeals", "show", "a1", "--json")) == [APPEAL]


def test_an_appeal_cannot_be_decided_to_be_open(command, server):
    refused = command("appeals", "decide", "a1", "open", "--reason", "r")
    assert refused.exit_code == 2
    assert server.seen == []
