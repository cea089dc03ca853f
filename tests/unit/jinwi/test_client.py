"""Both clients, against a real server on the loopback."""

import asyncio
import json
import socket
import threading
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from jinwi import ApiError, AsyncClient, Client, JinwiError, Refused, State, Unavailable, Verdict
from jinwi.transport import flow
from jinwi.transport.window import THREADS
from tests.unit.jinwi.conftest import KEY, PNG, Answer, job_document, problem


class Sync:
    def __init__(self, url: str, timeout: float) -> None:
        self.url, self.timeout = url, timeout

    def ask(self, method: str, *args: Any, **kwargs: Any) -> Any:
        with Client(self.url, KEY, timeout=self.timeout) as client:
            return getattr(client, method)(*args, **kwargs)

    def collect(self, method: str, *args: Any, **kwargs: Any) -> list[Any]:
        with Client(self.url, KEY, timeout=self.timeout) as client:
            return list(getattr(client, method)(*args, **kwargs))


class Async(Sync):
    def ask(self, method: str, *args: Any, **kwargs: Any) -> Any:
        async def run() -> Any:
            async with AsyncClient(self.url, KEY, timeout=self.timeout) as client:
                return await getattr(client, method)(*args, **kwargs)

        return asyncio.run(run())

    def collect(self, method: str, *args: Any, **kwargs: Any) -> list[Any]:
        async def run() -> list[Any]:
            async with AsyncClient(self.url, KEY, timeout=self.timeout) as client:
                return [each async for each in getattr(client, method)(*args, **kwargs)]

        return asyncio.run(run())


@pytest.fixture(params=[Sync, Async], ids=["sync", "async"])
def caller(request, jinwi):
    return request.param(jinwi.url, timeout=20)


@pytest.fixture
def image(tmp_path):
    path = tmp_path / "holiday with Kim.png"
    path.write_bytes(PNG + bytes([90]))
    return path


def test_a_file_is_verified_in_one_request(caller, jinwi, image):
    said = {"external_id": "post-17", "metadata": {"제목": "해변"}, "lane": "bulk", "allow_training": False}
    job = caller.ask("verify", image, **said)
    assert job.state is State.DONE
    assert job.result.verdict is Verdict.LIKELY_AI
    assert (job.result.ai_probability, job.result.human_probability) == (0.9, pytest.approx(0.1))
    assert job.document == next(iter(jinwi.jobs.values()))
    (seen,) = jinwi.seen
    assert seen.image == image.read_bytes()
    assert seen.headers["prefer"] == "wait=30"
    assert seen.fields == {
        "external_id": "post-17",
        "metadata": json.dumps({"제목": "해변"}),
        "lane": "bulk",
        "allow_training": "false",
    }


def test_the_map_of_a_job_comes_as_the_bytes_of_a_png(caller, jinwi, image):
    jinwi.map = PNG + b"map"
    job = caller.ask("verify", image)
    assert job.result.map == f"/v1/jobs/{job.id}/map.png"
    assert caller.ask("map_png", job) == caller.ask("map_png", job.id) == jinwi.map


def test_a_job_without_a_map_refuses_it(caller, image):
    job = caller.ask("verify", image)
    assert job.result.map is None
    with pytest.raises(Refused) as refused:
        caller.ask("map_png", job)
    assert refused.value.status == 404


def test_a_map_that_is_no_png_is_not_understood(caller, jinwi, image):
    jinwi.map = b"<html>"
    with pytest.raises(ApiError, match="not a PNG"):
        caller.ask("map_png", caller.ask("verify", image))


@pytest.mark.parametrize("kind", [Path, str, Path.read_bytes], ids=["path", "text", "bytes"])
def test_a_path_a_text_or_bytes_give_the_same_image(caller, jinwi, image, kind):
    caller.ask("submit", kind(image))
    assert jinwi.seen[0].image == image.read_bytes()


def test_a_large_file_is_sent_whole_each_time(caller, jinwi, tmp_path):
    path = tmp_path / "large.png"
    path.write_bytes(PNG + bytes(3_000_000) + b"\x32")
    jinwi.script.append(Answer(status=503))
    caller.ask("submit", path)
    assert [seen.image == path.read_bytes() for seen in jinwi.seen] == [True, True]


def test_the_name_of_a_file_stays_with_its_owner(caller, jinwi, image):
    caller.ask("submit", image)
    assert b"Kim" not in jinwi.seen[0].body


def test_a_link_is_sent_as_json(caller, jinwi):
    caller.ask("submit", "HTTPS://example.com/cat.jpg", lane="bulk", metadata={"n": 1}, callback_url="https://c/")
    assert jinwi.seen[0].fields == {
        "url": "HTTPS://example.com/cat.jpg",
        "lane": "bulk",
        "metadata": {"n": 1},
        "callback_url": "https://c/",
    }


@pytest.mark.parametrize("trouble", [Answer(status=503, headers={"Retry-After": "0"}), Answer(status=0)])
def test_trouble_on_the_way_makes_no_second_job(caller, jinwi, image, trouble):
    def accepted_and_lost(seen):
        jinwi.serve(seen)
        return trouble

    jinwi.script.extend([trouble, accepted_and_lost])
    job = caller.ask("submit", image)
    assert [each["id"] for each in jinwi.jobs.values()] == [job.id]
    assert len(jinwi.submissions()) == 3
    assert {seen.image for seen in jinwi.submissions()} == {image.read_bytes()}


def test_a_job_that_is_not_final_is_awaited(caller, jinwi, image):
    jinwi.script.extend(
        [
            Answer(status=202, document=job_document("7", state="queued")),
            Answer(status=200, document=job_document("7", state="failed")),
        ]
    )
    job = caller.ask("verify", image)
    assert (job.state, job.result, job.error.reason) == (State.FAILED, None, "undecodable")
    assert (jinwi.seen[1].path, jinwi.seen[1].headers["prefer"]) == ("/v1/jobs/7", "wait=30")


def test_waiting_takes_a_job_or_its_id(caller, jinwi, image):
    job = caller.ask("submit", image)
    assert caller.ask("wait", job) == caller.ask("wait", job.id) == caller.ask("job", job.id)


def test_listing_follows_the_cursors(caller, jinwi):
    pages = [(["1", "2"], "next/1"), (["3"], None)]
    jinwi.script.extend(
        Answer(status=200, document={"jobs": [job_document(each) for each in ids], "next_cursor": cursor})
        for ids, cursor in pages
    )
    after = datetime(2026, 11, 21, 9, tzinfo=UTC)
    jobs = caller.collect("jobs", state="done", external_id=None, created_after=after)
    assert [job.id for job in jobs] == ["1", "2", "3"]
    first, second = (seen.query for seen in jinwi.seen)
    assert datetime.fromisoformat(first.pop("created_after")) == after
    assert first == {"state": "done", "limit": "100"}
    assert second["cursor"] == "next/1"


@pytest.mark.parametrize(("limit", "asked"), [(0, []), (3, ["3"]), (101, ["100", "1"]), (None, ["100", "100"])])
def test_the_audit_log_follows_the_cursors_as_far_as_it_is_asked(caller, jinwi, limit, asked):
    def page(seen):
        acts = [{"id": str(number)} for number in range(int(seen.query["limit"]))]
        return Answer(status=200, document={"acts": acts, "next_cursor": None if "cursor" in seen.query else "c"})

    jinwi.routes[("GET", "/v1/audit")] = page
    assert len(caller.collect("audit", limit=limit)) == (200 if limit is None else limit)
    assert [seen.query["limit"] for seen in jinwi.seen] == asked


@pytest.mark.parametrize(("limit", "asked"), [(0, []), (3, ["3"]), (101, ["100", "1"]), (None, ["100", "100"])])
def test_a_list_holds_at_most_so_many_jobs(caller, jinwi, limit, asked):
    def page(seen):
        jobs = [job_document(str(number)) for number in range(int(seen.query["limit"]))]
        return Answer(status=200, document={"jobs": jobs, "next_cursor": None if "cursor" in seen.query else "c"})

    jinwi.routes[("GET", "/v1/jobs")] = page
    assert len(caller.collect("jobs", limit=limit)) == (200 if limit is None else limit)
    assert [seen.query["limit"] for seen in jinwi.seen] == asked


def test_what_is_no_filter_is_a_type_error(caller, jinwi):
    with pytest.raises(TypeError, match="cursor"):
        caller.collect("jobs", cursor="c")
    assert jinwi.seen == []


def test_a_batch_yields_each_image_once_with_its_job_or_its_error(caller, jinwi, tmp_path):
    paths = [tmp_path / f"{number}.png" for number in range(30)]
    for number, path in enumerate(paths[:-1]):
        path.write_bytes(PNG + bytes([200 if number == 3 else number]))
    items = {item.source: item for item in caller.collect("batch", paths, concurrency=4)}
    assert set(items) == set(paths)
    assert [path for path in paths if items[path].error] == [paths[3], paths[29]]
    assert isinstance(items[paths[3]].error, Refused)
    assert isinstance(items[paths[29]].error, FileNotFoundError)
    assert {seen.fields["lane"] for seen in jinwi.submissions()} == {"bulk"}


def test_a_batch_that_is_told_to_slow_down_does_and_loses_no_image(caller, jinwi, monkeypatch):
    monkeypatch.setattr(flow, "GRACE", 0)
    jinwi.script.append(Answer(status=429))
    items = caller.collect("batch", [PNG + bytes([number]) for number in range(9)], timeout=0)
    assert [item.error for item in items] == [None] * 9


def test_what_a_closed_batch_has_under_way_asks_no_more(jinwi):
    """A job that never ends would else be asked after for ever, in a thread that nobody sees."""
    asked, closed = threading.Event(), threading.Event()

    def never_final(seen):
        asked.set()
        closed.wait(timeout=10)
        return Answer(status=200, document=job_document("1", state="queued"))

    def taken(seen):
        if seen.image != b"slow":
            asked.wait(timeout=10)
            return Answer(status=200, document=job_document("2"))
        return Answer(status=202, document=job_document("1", state="queued"))

    jinwi.routes = {("POST", "/v1/jobs"): taken, ("GET", "/v1/jobs/1"): never_final}
    with Client(jinwi.url, KEY) as client:
        batch = client.batch([b"slow", b"quick"], concurrency=2)
        assert next(batch).source == b"quick"
        batch.close()
        closed.set()
        for thread in threading.enumerate():
            if thread.name == THREADS:
                thread.join(timeout=10)
                assert not thread.is_alive()


def test_a_batch_takes_its_images_only_as_they_are_needed(caller, jinwi):
    taken = []

    def endless():
        number = 0
        while True:
            taken.append(number)
            yield PNG + bytes([number % 100])
            number += 1

    if isinstance(caller, Async):

        async def some() -> int:
            async with AsyncClient(jinwi.url, KEY) as client:
                batch = client.batch(endless(), concurrency=3)
                results = [await anext(batch) for _ in range(5)]
                await batch.aclose()
                return len(results)

        assert asyncio.run(some()) == 5
    else:
        with Client(jinwi.url, KEY) as client:
            batch = client.batch(endless(), concurrency=3)
            assert len([next(batch) for _ in range(5)]) == 5
            batch.close()
    assert len(taken) <= 8


def test_a_refusal_carries_its_problem(caller, jinwi, image):
    jinwi.script.append(problem(413, "Too large", "At most 25,000,000 bytes."))
    with pytest.raises(Refused, match="At most 25,000,000 bytes") as caught:
        caller.ask("verify", image)
    assert caught.value.status == 413
    assert len(jinwi.seen) == 1


def test_a_review_an_erasure_and_the_lanes_are_sent_as_the_interface_says(caller, jinwi):
    erased = job_document("1", state="erased")
    jinwi.routes = {
        ("POST", "/v1/jobs/1/review"): lambda seen: Answer(status=201, document=seen.fields),
        ("DELETE", "/v1/jobs/1"): Answer(status=200, document=erased),
        ("PUT", "/v1/lanes/bulk"): lambda seen: Answer(status=200, document={"lane": "bulk", **seen.fields}),
        ("GET", "/v1/lanes"): Answer(status=200, document={"lanes": [{"lane": "bulk", "paused": True}]}),
    }
    review = {"label": "ai", "reason": "six fingers", "reviewer": "editor-7"}
    assert caller.ask("review", "1", **review) == review
    assert caller.ask("erase", "1").state is State.ERASED
    assert caller.ask("pause", "bulk") == {"lane": "bulk", "paused": True}
    assert caller.ask("resume", "bulk") == {"lane": "bulk", "paused": False}
    assert caller.ask("lanes") == [{"lane": "bulk", "paused": True}]


def test_models_come_with_their_aliases_and_their_rate(caller, jinwi):
    bare = {"version": "0.0.9", "aliases": [], "card": {}}
    jinwi.routes = {("GET", "/v1/models"): Answer(status=200, document={"models": [bare]})}
    champion = caller.ask("model")
    assert (champion.version, champion.aliases) == ("0.1.0", ("champion",))
    assert (champion.false_accusation_rate.value, champion.false_accusation_rate.n) == (0.05, 1200)
    assert [model.false_accusation_rate for model in caller.ask("models")] == [None]


def test_keys_are_created_listed_and_revoked(caller, jinwi):
    key = {"id": "k1", "name": "pipeline", "scopes": ["submit"]}
    jinwi.routes = {
        ("POST", "/v1/keys"): lambda seen: Answer(status=201, document={**key, **seen.fields, "key": "jinwi_x"}),
        ("GET", "/v1/keys"): Answer(status=200, document={"keys": [key]}),
        ("DELETE", "/v1/keys/k1"): Answer(status=200, document=key),
    }
    assert caller.ask("create_key", "pipeline", ["submit"]) == {**key, "key": "jinwi_x"}
    assert caller.ask("keys") == [key]
    assert caller.ask("revoke_key", "k1") == key


def test_an_id_cannot_lead_to_another_path(caller, jinwi):
    with pytest.raises(Refused):
        caller.ask("erase", "../keys/1?x=#")
    assert jinwi.seen[0].path == "/v1/jobs/..%2Fkeys%2F1%3Fx%3D%23"


@pytest.mark.parametrize("kind", [Sync, Async])
def test_a_server_that_is_not_there_is_unavailable_when_patience_ends(kind):
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}"
        with pytest.raises(Unavailable, match=url) as caught:
            kind(url, timeout=0.2).ask("job", "1")
    assert caught.value.problem is None


@pytest.mark.parametrize("kind", [Client, AsyncClient])
@pytest.mark.parametrize(
    ("url", "key"),
    [("ftp://h", KEY), ("localhost:8000", KEY), ("http://", KEY), ("http://h:port", KEY), (None, None), (None, "a\nb")],
)
def test_an_address_or_a_key_that_cannot_work_is_refused_at_once(kind, url, key, monkeypatch):
    monkeypatch.delenv("JINWI_API_KEY", raising=False)
    with pytest.raises(JinwiError):
        kind(url, key)


def test_the_environment_says_where_and_who(jinwi, monkeypatch):
    monkeypatch.setenv("JINWI_URL", jinwi.url)
    monkeypatch.setenv("JINWI_API_KEY", f"{KEY}\n")
    with Client() as client:
        client.submit(b"\x32")
    assert jinwi.seen[0].headers["authorization"] == f"Bearer {KEY}"


def test_a_proxy_is_not_asked_for_the_loopback(jinwi, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    with Client(jinwi.url, KEY) as client:
        assert client.submit(b"\x32").final
