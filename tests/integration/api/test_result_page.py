"""The page of a result at `/r/TOKEN`: what whoever has the link sees, and who does not."""

import base64
import hashlib
import html
import json
import re

import pytest

from deploy.local.servers import free_ports
from services.api.routes.results import MEDIA_TYPES
from services.api.visitors import APPEAL_COST, MISS_COST
from shared.domain.link_token import new_token
from shared.domain.statement import answer_hash
from tests.integration.api.people import RESULT, judged, link, result, send_appeal, text_of
from tests.integration.factories import make_tenant, picture, submit_image

KOREAN = {"Accept-Language": "ko-KR,ko;q=0.9,en;q=0.5"}


@pytest.fixture
def visitor(connect):
    """Somebody without a key."""
    return connect(None)


class TestLinks:
    def test_a_link_is_shown_once_and_only_its_hash_is_kept(self, client, database, store, tenant):
        job = judged(database, store, tenant)
        made = client.post(f"/v1/jobs/{job.id}/links", json={})
        token = made.json()["path"].removeprefix("/r/")
        assert len(base64.urlsafe_b64decode(token + "=")) == 32
        [listed] = client.get(f"/v1/jobs/{job.id}/links").json()["links"]
        assert listed == {name: value for name, value in made.json().items() if name != "path"}
        with database.transaction() as connection:
            [row] = connection.execute("SELECT hash, links::text AS whole FROM links").fetchall()
        assert row["hash"] == hashlib.sha256(token.encode()).digest()
        assert token not in row["whole"]

    def test_revoked_it_is_closed_and_stays_so(self, client, visitor, database, store, tenant):
        job = judged(database, store, tenant)
        other, path = link(client, job), link(client, job)
        link_id = client.get(f"/v1/jobs/{job.id}/links").json()["links"][0]["id"]
        first = client.delete(f"/v1/jobs/{job.id}/links/{link_id}").json()
        assert first["revoked_at"]
        assert client.delete(f"/v1/jobs/{job.id}/links/{link_id}").json() == first
        assert {visitor.get(path + below).status_code for below in ("", "/image", "/answer.json")} == {410}
        assert "revoked" in visitor.get(path).text
        assert visitor.get(other).status_code == 200

    def test_over_its_time_it_is_closed(self, client, visitor, database, store, tenant):
        job = judged(database, store, tenant)
        path = link(client, job, expires_at="2100-01-01T00:00:00Z")
        assert visitor.get(path).status_code == 200
        with database.transaction() as connection:
            connection.execute("UPDATE links SET expires_at = now()")
        assert visitor.get(path).status_code == 410
        past = client.post(f"/v1/jobs/{job.id}/links", json={"expires_at": "2020-01-01T00:00:00Z"})
        assert past.json()["errors"][0] == {"field": "expires_at", "message": "lies in the past"}

    def test_a_job_has_twenty_open_ones_at_most(self, client, database, store, tenant):
        job = judged(database, store, tenant)
        for _ in range(20):
            link(client, job)
        assert client.post(f"/v1/jobs/{job.id}/links", json={}).status_code == 409
        link_id = client.get(f"/v1/jobs/{job.id}/links").json()["links"][0]["id"]
        client.delete(f"/v1/jobs/{job.id}/links/{link_id}")
        link(client, job)

    def test_the_list_begins_with_the_open_ones_however_many_there_were(self, client, database, store, tenant):
        job = judged(database, store, tenant)
        link(client, job)
        with database.transaction() as connection:
            connection.execute(
                "INSERT INTO links (tenant_id, job_id, hash, revoked_at, expires_at)"
                " SELECT %(tenant)s, %(job)s, sha256(n::text::bytea),"
                " CASE WHEN n %% 2 = 0 THEN now() END, CASE WHEN n %% 2 = 1 THEN now() END"
                " FROM generate_series(1, 1000) AS n",
                {"tenant": tenant, "job": job.id},
            )
        link(client, job)
        listed = client.get(f"/v1/jobs/{job.id}/links").json()["links"]
        ended = [one["revoked_at"] is not None or one["expires_at"] is not None for one in listed]
        assert ended == [False] * 2 + [True] * 998
        assert listed[0]["id"] > listed[1]["id"]
        assert [one["id"] for one in listed[2:]] == sorted((one["id"] for one in listed[2:]), reverse=True)

    def test_an_erased_job_takes_its_links_along(self, client, visitor, database, store, tenant):
        job = judged(database, store, tenant)
        path = link(client, job)
        client.delete(f"/v1/jobs/{job.id}")
        answer = visitor.get(path)
        assert answer.status_code == 404
        assert "erased" in answer.text
        assert client.get(f"/v1/jobs/{job.id}/links").json() == {"links": []}
        assert client.post(f"/v1/jobs/{job.id}/links", json={}).status_code == 409


class TestPage:
    def test_it_says_what_was_answered_and_what_that_rests_on(self, client, visitor, database, store, tenant, shipped):
        job = judged(database, store, tenant, version=shipped)
        page = visitor.get(link(client, job))
        assert page.status_code == 200
        said = text_of(page.text)
        for expected in (
            "Probably AI-generated",
            "AI generation probability 93 %",
            "Human-made probability 7 %",
            "likely human up to 20 %, likely AI from 80 % on",
            f"jinwi {shipped}",
            "the model&#x27;s number".replace("&#x27;", "'"),
            "The model takes this for an illustration.",
            "Of 140 such pictures by people it called 5.7 % AI (95 % interval 2.9 to 10.9 %).",
            "allowed: 10 %",
            "The kind is the model's own guess and can be wrong.",
            "It says that a camera took the picture.",
            "Unsigned: anyone can write this.",
            "computed by software, without a person looking",
            "Supporting evidence only: a person decides.",
            job.sha256.hex(),
        ):
            assert expected in html.unescape(said), expected
        assert "3,665" not in said

    @pytest.mark.parametrize("few", [False, True])
    def test_without_a_record_of_its_kind_it_tells_the_models_whole_one(
        self, client, visitor, database, store, tenant, shipped, few
    ):
        found = {**RESULT["evidence"]["domain"], "record": {**RESULT["evidence"]["domain"]["record"], "images": 29}}
        evidence = {**RESULT["evidence"], "domain": found if few else None}
        job = judged(database, store, tenant, version=shipped, evidence=evidence)
        said = text_of(visitor.get(link(client, job)).text)
        assert ("it was measured on too few of them (29)" in said) == few
        for expected in (
            "Of 3,665 pictures made by people",
            "3.1 % likely AI-generated (95 % interval 1.3 % to 5.4 %)",
            "That was at other thresholds than those of this result.",
        ):
            assert expected in said, expected

    def test_it_tells_nothing_that_is_the_tenants_own(self, client, visitor, database, store, tenant):
        job = judged(database, store, tenant)
        review = {"label": "human", "reason": "an inner reason", "reviewer": "editor-7"}
        client.post(f"/v1/jobs/{job.id}/review", json=review)
        path = link(client, job)
        for below in ("", "/answer.json"):
            text = visitor.get(path + below).text
            for own in ("post-17", "editor-7", "an inner reason", str(tenant)):
                assert own not in text
        assert "overturned the verdict: made by a person" in text_of(visitor.get(path).text)

    def test_what_people_decided_is_its_title_and_not_what_the_model_said(
        self, client, visitor, database, store, tenant
    ):
        job = judged(database, store, tenant)
        path = link(client, job)
        titles = [r"<title>(.*) · Jinwi", r"<h1>(.*)</h1>"]
        said = {"human": "made by a person", "ai": "AI-generated"}
        assert {re.search(each, visitor.get(path).text)[1] for each in titles} == {"Probably AI-generated"}
        for label, verdict in said.items():
            client.post(f"/v1/jobs/{job.id}/review", json={"label": label, "reason": "seen", "reviewer": "Kim"})
            assert {re.search(each, visitor.get(path).text)[1] for each in titles} == {f"People decided: {verdict}"}
        client.post(f"/v1/jobs/{job.id}/review", json={"label": "human", "reason": "seen", "reviewer": "Lee"})
        assert {re.search(each, visitor.get(path).text)[1] for each in titles} == {"Probably AI-generated"}

    def test_it_speaks_the_readers_language_until_another_is_chosen(self, client, visitor, database, store, tenant):
        path = link(client, judged(database, store, tenant))
        korean = visitor.get(path, headers=KOREAN)
        assert 'lang="ko"' in korean.text
        assert "AI가 생성했을 가능성이 높습니다" in korean.text
        assert korean.headers["Content-Language"] == "ko"
        english = visitor.get(path, params={"lang": "en"}, headers=KOREAN)
        assert "Probably AI-generated" in english.text
        assert (
            visitor.get(path, headers={"Accept-Language": "fr, ko;q=0.1, en;q=0.2"}).headers["Content-Language"] == "en"
        )

    def test_no_script_runs_and_no_other_site_is_asked_or_may_frame_it(self, client, visitor, database, store, tenant):
        page = visitor.get(link(client, judged(database, store, tenant)))
        policy = dict(part.split(" ", 1) for part in page.headers["Content-Security-Policy"].split("; "))
        style = re.search(r"<style>(.*?)</style>", page.text, re.DOTALL)[1]
        digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
        assert policy == {
            "default-src": "'none'",
            "style-src": f"'sha256-{digest}'",
            "img-src": "'self' data:",
            "base-uri": "'none'",
            "form-action": "'self'",
            "frame-ancestors": "'none'",
        }
        assert page.headers["Referrer-Policy"] == "same-origin"
        assert "noindex" in page.headers["X-Robots-Tag"]
        assert page.headers["Cache-Control"] == "no-store"
        assert '<meta name="robots" content="noindex, nofollow">' in page.text
        assert "<script" not in page.text
        assert " style=" not in page.text

    def test_the_hash_of_the_answer_is_that_of_the_bytes_it_links_to(self, client, visitor, database, store, tenant):
        job = judged(database, store, tenant)
        path = link(client, job)
        answer = visitor.get(f"{path}/answer.json")
        digest = hashlib.sha256(answer.content).hexdigest()
        assert digest in visitor.get(path).text
        served = client.get(f"/v1/jobs/{job.id}").json()["result"]
        again = json.dumps(served, sort_keys=True, separators=(",", ":")).encode()
        assert again == answer.content
        assert answer_hash(served) == digest

    def test_the_picture_is_the_one_that_was_submitted_with_a_type_of_ours(
        self, client, visitor, database, store, tenant
    ):
        data = picture((1, 2, 3))
        path = link(client, judged(database, store, tenant, data=data))
        answer = visitor.get(f"{path}/image")
        assert answer.content == data
        assert answer.headers["Content-Type"] == "image/png"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
        assert set(MEDIA_TYPES.values()) == {f"image/{name}" for name in ("jpeg", "png", "webp", "gif", "avif", "heic")}

    def test_the_map_is_there_where_the_model_drew_one(self, client, visitor, database, store, tenant):
        with_map = link(client, judged(database, store, tenant, mapped=True))
        without = link(client, judged(database, store, tenant))
        assert visitor.get(f"{with_map}/map.png").content.startswith(b"\x89PNG")
        assert "map.png" in visitor.get(with_map).text
        assert visitor.get(f"{without}/map.png").status_code == 404
        assert "map.png" not in visitor.get(without).text

    def test_a_job_that_waits_or_failed_says_so(self, client, visitor, database, store, tenant):
        waiting = submit_image(database, store, tenant)
        assert "Not verified yet" in visitor.get(link(client, str(waiting))).text
        with database.transaction() as connection:
            connection.execute("UPDATE jobs SET state = 'running', lease_until = now()")
            connection.execute(
                """UPDATE jobs SET state = 'failed', lease_until = NULL,
                   error = '{"reason": "undecodable", "detail": "<b>cut off</b>"}'"""
            )
        path = link(client, str(waiting))
        assert "&lt;b&gt;cut off&lt;/b&gt;" in visitor.get(path).text
        assert "손상되었거나" in visitor.get(path, headers=KOREAN).text
        assert "<form" not in visitor.get(path).text

    def test_a_part_that_is_away_is_said_in_the_readers_words(self, serve, settings):
        away = settings.model_copy(update={"postgres_dsn": f"postgresql://jinwi@127.0.0.1:{free_ports(1)[0]}/jinwi"})
        answer = serve(away)(None).get(f"/r/{new_token()}", headers=KOREAN)
        assert answer.status_code == 503
        assert answer.headers["Retry-After"] == "5"
        assert "지금은 이용할 수 없습니다" in answer.text


WEIRD = {
    "markup": "</style></p><script>alert(1)</script><img src=x onerror=alert(1)>",
    "quotes": "\" autofocus onfocus=alert(1) x='",
    "controls": "a\x00b\x1b[31mred\x07\x9b31m\u202egnp.exe\ud800",
    "entities": "&lt;b&gt; &#x3c;script&#x3e;",
    "template": "{texts} %s ${x} {{7*7}}",
    "long": "x" * 100_000,
}


@pytest.mark.parametrize("weird", WEIRD.values(), ids=WEIRD)
def test_nothing_in_a_file_can_break_its_page(client, visitor, database, store, tenant, weird):
    finding = {
        "kind": "generator",
        "claim": "ai",
        "strength": "unsigned",
        "where": weird[:200],
        "details": {
            "prompt": weird,
            weird[:300]: weird[:300],
            "nested": [[{"deep": weird[:50]}]],
            "actions": [{"action": "c2pa.created", "software": weird[:50], weird[:60]: {"when": weird[:50]}}],
            "ingredients": [{"title": weird[:50], "relationship": weird[:50]}],
            "contradictions": [1],
        },
    }
    evidence = {"map": None, "provenance": [finding] * 20, "provenance_complete": False, "stability": {}}
    reasons = [{"code": weird[:100], "detail": weird[:300]}]
    stored = json.dumps(result(evidence=evidence, reasons=reasons)).replace("\\u0000", "")
    job = judged(database, store, tenant)
    with database.transaction() as connection:
        connection.execute("UPDATE jobs SET result = %s::json WHERE id = %s", (stored, job.id))
    page = visitor.get(link(client, job), headers=KOREAN)
    assert page.status_code == 200
    assert "<script" not in page.text
    assert not re.search(r"<[^>]* on\w+=", page.text)
    assert page.text.count("<img") == 1
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e]", page.text)
    assert len(page.text) < 400_000


def test_what_was_done_to_a_picture_is_told_in_words(client, visitor, database, store, tenant):
    opened, cropped = {"action": "c2pa.opened", "when": "2024-05-01T10:11:12Z"}, {"action": "c2pa.cropped"}
    finding = {
        "kind": "c2pa",
        "claim": "edited",
        "strength": "signed",
        "where": "JPEG APP11",
        "details": {
            "integrity": "intact",
            "actions": [opened, cropped],
            "ingredients": [{"title": "a.jpg", "relationship": "parentOf"}],
        },
    }
    evidence = {"map": None, "provenance": [finding], "provenance_complete": True, "stability": {}}
    path = link(client, judged(database, store, tenant, evidence=evidence))
    for headers, actions, ingredients in (
        ({}, "opened, 2024-05-01 10:11:12 UTC; then cropped", "a.jpg (the picture that was worked on)"),
        (KOREAN, "열기, 2024-05-01 10:11:12 UTC; 이어서 잘라 내기", "a.jpg(작업의 바탕이 된 그림)"),
    ):
        page = visitor.get(path, headers=headers).text
        facts = re.search(r'<ul class="findings">.*?</ul>', page, re.DOTALL)[0]
        assert re.findall(r"<dd>(.*?)</dd>", facts) == ["JPEG APP11", actions, ingredients]


class TestVisitors:
    def test_whoever_tries_tokens_is_soon_told_to_wait(self, serve, settings, new_key, database, store, tenant):
        connect = serve(settings.model_copy(update={"link_requests_per_minute": 3 * MISS_COST}))
        visitor = connect(None)
        path = link(connect(new_key()), judged(database, store, tenant))
        assert visitor.get(path).status_code == 200
        answers = [visitor.get(f"/r/{token}") for token in (new_token(), "short", "x" * 43, new_token())]
        assert [answer.status_code for answer in answers] == [404, 404, 404, 429]
        late = visitor.get(path)
        assert late.status_code == 429
        assert 1 <= int(late.headers["Retry-After"]) <= 60
        assert "Too many requests" in late.text

    def test_an_appeal_counts_for_many_requests_taken_or_not(self, serve, settings, new_key, database, store, tenant):
        connect = serve(settings.model_copy(update={"link_requests_per_minute": 2 * APPEAL_COST}))
        path = link(connect(new_key()), judged(database, store, tenant))
        answers = [send_appeal(connect(None), path, message=message) for message in ("I drew this.", "", "again")]
        assert [answer.status_code for answer in answers] == [303, 422, 429]

    def test_a_token_of_nobody_and_one_that_is_none_are_answered_alike(self, visitor):
        pages = [visitor.get(f"/r/{token}") for token in (new_token(), "no-token", "x" * 43)]
        assert {(page.status_code, page.text) for page in pages} == {(404, pages[0].text)}

    def test_a_key_opens_no_page_and_a_link_no_route(self, client, connect, database, store, tenant):
        token = link(client, judged(database, store, tenant)).removeprefix("/r/")
        assert connect(token).get("/v1/jobs").status_code == 401

    def test_another_tenant_makes_reads_and_revokes_no_link(self, client, connect, new_key, database, store, tenant):
        job = judged(database, store, tenant)
        link(client, job)
        link_id = client.get(f"/v1/jobs/{job.id}/links").json()["links"][0]["id"]
        stranger = connect(new_key(tenant_id=make_tenant(database, "other")))
        for method, path in (("POST", ""), ("GET", ""), ("DELETE", f"/{link_id}")):
            body = {"json": {}} if method == "POST" else {}
            assert stranger.request(method, f"/v1/jobs/{job.id}/links{path}", **body).status_code == 404
