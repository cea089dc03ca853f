from uuid import uuid4

import pytest

from shared.domain.job import Outcome, State, error_document
from tests.integration.factories import RESULT, claim, done, finish, make_tenant, picture

JOBS = "/v1/jobs"
REVIEW = {"label": "human", "reason": "I drew it.\nHere is the sketch.", "reviewer": "Kim"}


@pytest.fixture
def submit(client):
    def make(**fields) -> dict:
        return client.post(JOBS, json={"url": "https://example.com/a.png", **fields}).json()

    return make


def ids(answer) -> list[str]:
    assert answer.status_code == 200, answer.text
    return [job["id"] for job in answer.json()["jobs"]]


class TestList:
    def test_it_is_newest_first_a_page_at_a_time(self, client, submit):
        made = [submit()["id"] for _ in range(5)]
        seen, cursor, pages = [], None, 0
        while pages == 0 or cursor:
            answer = client.get(JOBS, params={"limit": 2} | ({"cursor": cursor} if cursor else {}))
            seen, cursor, pages = seen + ids(answer), answer.json()["next_cursor"], pages + 1
        assert seen == made[::-1]
        assert pages == 3

    def test_a_full_last_page_has_no_next(self, client, submit):
        for _ in range(2):
            submit()
        assert client.get(JOBS, params={"limit": 2}).json()["next_cursor"] is None

    def test_it_is_filtered_by_all_that_is_asked_at_once(self, client, submit, database):
        named = submit(external_id="post-17")
        pictured = client.upload(picture(), external_id="post-17").json()
        submit()
        outcome = done(claim(database)[0])
        finish(database, outcome)

        def ask(**filters):
            return ids(client.get(JOBS, params=filters))

        assert ask(external_id="post-17") == [pictured["id"], named["id"]]
        assert ask(external_id="post-17", state="done") == [pictured["id"]]
        assert ask(verdict=RESULT["verdict"]) == [pictured["id"]]
        assert ask(verdict="likely_ai") == []
        assert ask(state="queued", external_id="post-18") == []

    def test_it_is_filtered_by_time(self, client, submit):
        job = submit()
        assert ids(client.get(JOBS, params={"created_after": "2026-01-01T00:00:00+09:00"})) == [job["id"]]
        assert ids(client.get(JOBS, params={"created_before": "2026-01-01T00:00:00Z"})) == []
        assert ids(client.get(JOBS, params={"created_after": "9999-12-31T23:59:59-12:00"})) == []
        assert ids(client.get(JOBS, params={"created_after": "0001-01-01T00:00:00+14:00"})) == [job["id"]]

    def test_what_it_does_not_know_is_refused_by_name(self, client):
        answer = client.get(JOBS, params={"stat": "done", "verdict": "fake", "limit": 1000})
        assert answer.status_code == 422
        assert {error["field"] for error in answer.json()["errors"]} == {"stat", "verdict", "limit"}

    def test_a_tenant_sees_its_own_jobs_only(self, submit, connect, new_key, database):
        submit()
        assert ids(connect(new_key(tenant_id=make_tenant(database, "other"))).get(JOBS)) == []


class TestRead:
    def test_a_job_that_ended_says_how(self, client, database):
        scored, broken = client.upload(picture((1, 0, 0))).json(), client.upload(picture((2, 0, 0))).json()
        first, second = claim(database)
        error = error_document("undecodable")
        finish(database, done(first), Outcome(job_id=second.id, fence=second.fence, state=State.FAILED, error=error))
        assert client.get(scored["links"]["self"]).json()["result"]["verdict"] == RESULT["verdict"]
        document = client.get(broken["links"]["self"]).json()
        assert (document["state"], document["error"], document["result"]) == ("failed", error, None)

    def test_nobody_learns_of_another_tenants_job(self, submit, client, connect, new_key, database):
        job = submit()
        other = connect(new_key(tenant_id=make_tenant(database, "other")))
        path, unknown = job["links"]["self"], f"/v1/jobs/{uuid4()}"
        for method, tail, body in [
            ("GET", "", None),
            ("DELETE", "", None),
            ("POST", "/review", REVIEW),
            ("GET", "/reviews", None),
        ]:
            answers = [other.request(method, f"{start}{tail}", json=body) for start in (path, unknown)]
            assert [answer.status_code for answer in answers] == [404, 404]
        assert client.get(path).json()["state"] == "queued"

    def test_what_is_no_id_is_refused_by_name(self, client):
        answer = client.get("/v1/jobs/%00")
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["field"] == "job_id"


class TestErase:
    @pytest.mark.parametrize("ended", [False, True])
    def test_an_empty_job_remains(self, client, database, ended):
        job = client.upload(picture(), external_id="post-17", metadata='{"a":1}').json()
        if ended:
            finish(database, done(claim(database)[0]))
        first, again = client.delete(job["links"]["self"]), client.delete(job["links"]["self"])
        assert (first.status_code, again.status_code) == (200, 200)
        document = client.get(job["links"]["self"]).json()
        assert first.json() == again.json() == document
        assert document["state"] == "erased"
        empty = {"external_id": None, "metadata": {}, "url": None, "image": None, "result": None, "timings_ms": {}}
        assert {name: document[name] for name in empty} == empty

    def test_its_reviews_go_with_it(self, client, submit):
        job = submit()
        client.post(job["links"]["review"], json=REVIEW)
        client.delete(job["links"]["self"])
        assert client.get(f"{job['links']['self']}/reviews").json() == {"reviews": []}


class TestReview:
    def test_reviews_add_up(self, client, submit):
        job = submit()
        first = client.post(job["links"]["review"], json=REVIEW)
        second = client.post(job["links"]["review"], json=REVIEW | {"label": "unsure"})
        assert (first.status_code, second.status_code) == (201, 201)
        assert {name: first.json()[name] for name in REVIEW} == REVIEW
        listed = client.get(f"{job['links']['self']}/reviews").json()["reviews"]
        assert listed == [first.json(), second.json()]

    def test_an_erased_job_is_reviewed_no_more(self, client, submit):
        job = submit()
        client.delete(job["links"]["self"])
        answer = client.post(job["links"]["review"], json=REVIEW)
        assert answer.status_code == 409
        assert answer.json()["state"] == "erased"

    def test_it_needs_its_own_scope(self, submit, connect, new_key):
        answer = connect(new_key({"read", "submit"})).post(submit()["links"]["review"], json=REVIEW)
        assert (answer.status_code, answer.json()["scope"]) == (403, "review")


def test_a_real_result_reads_as_it_is_documented(client, verifier):
    from services.api.schemas.jobs import JobDocument

    job = client.upload(picture()).json()
    verifier.drain([])
    document = client.get(job["links"]["self"])
    assert JobDocument.model_validate_json(document.content).state == "done"
