"""How often a tenant may ask, and what it is told."""

import re
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest

from shared.domain.tenant import Limits
from shared.storage import tenants
from tests.integration.factories import make_tenant, picture

JOBS = "/v1/jobs"
LINK = {"url": "https://example.com/a.png"}
NOON = 20_000 * 86_400 + 43_200 + 17.5
"""A time of day at which 42.5 s of the minute and 43,182.5 s of the day are left."""


def kind(answer) -> str:
    return answer.json()["type"].removeprefix("urn:jinwi:problem:")


@pytest.fixture
def limit(database, tenant):
    """Sets the tenant's own limits; those not named are the installation's."""

    def change(**limits: int | None) -> None:
        with database.transaction() as connection:
            tenants.set_limits(connection, tenant, Limits(**limits))

    return change


@pytest.fixture
def connect(serve, settings):
    """An API whose clock stands still, so that no minute ends while a test counts."""
    made = serve(settings)
    made.app.state.parts.limits._now = lambda: NOON
    return made


async def never_read():
    raise AssertionError("the body was read")
    yield b""


def test_each_answer_says_how_the_tenant_stands(client, limit):
    limit(requests_per_minute=3, submissions_per_minute=2)
    assert [client.get(JOBS).headers["RateLimit"] for _ in range(2)] == ['"requests";r=2;t=43', '"requests";r=1;t=43']
    assert client.get(f"{JOBS}/{uuid4()}").headers["RateLimit-Policy"] == '"requests";q=3;w=60'
    submitted = client.post(JOBS, json=LINK)
    assert submitted.headers["RateLimit-Policy"] == '"submissions";q=2;w=60'
    assert submitted.headers["RateLimit"] == '"submissions";r=1;t=43'


def test_what_is_too_much_is_refused_until_the_window_ends(client, limit):
    limit(requests_per_minute=2)
    assert [client.get(JOBS).status_code for _ in range(2)] == [200, 200]
    refused = client.get(JOBS)
    assert (refused.status_code, kind(refused)) == (429, "rate-limited")
    assert refused.headers["Content-Type"] == "application/problem+json"
    assert refused.json()["violated-policies"] == ["requests"]
    assert refused.headers["RateLimit"] == '"requests";r=0;t=43'
    assert int(refused.headers["Retry-After"]) >= int(re.search(r"t=(\d+)", refused.headers["RateLimit"])[1])
    assert client.post(JOBS, json=LINK).status_code == 202


def test_when_the_window_has_ended_the_tenant_may_again(client, connect, limit):
    limit(requests_per_minute=1)
    assert [client.get(JOBS).status_code for _ in range(2)] == [200, 429]
    connect.app.state.parts.limits._now = lambda: NOON + 42.5
    assert client.get(JOBS).headers["RateLimit"] == '"requests";r=0;t=60'


def test_a_refused_submission_is_refused_before_its_body_is_read(client, limit):
    limit(submissions_per_minute=1)
    assert client.post(JOBS, json=LINK).status_code == 202
    headers = {"Content-Type": "multipart/form-data; boundary=b", "Content-Length": "9000"}
    assert client.post(JOBS, content=never_read(), headers=headers).status_code == 429


def test_all_keys_of_a_tenant_count_together_and_tenants_apart(client, connect, limit, new_key, database):
    limit(requests_per_minute=2)
    other = connect(new_key(tenant_id=make_tenant(database, "other")))
    assert [one.get(JOBS).status_code for one in (client, connect(new_key()), client, other)] == [200, 200, 429, 200]


def test_all_api_processes_count_together(client, limit, serve, settings, new_key):
    limit(requests_per_minute=2)
    second = serve(settings)
    second.app.state.parts.limits._now = lambda: NOON
    assert [one.get(JOBS).status_code for one in (client, second(new_key()), client)] == [200, 200, 429]


def test_zero_is_no_limit_and_says_nothing(client, limit):
    limit(submissions_per_minute=0, requests_per_minute=0, submissions_per_day=0)
    assert "RateLimit" not in client.get(JOBS).headers
    assert "RateLimit-Policy" not in client.post(JOBS, json=LINK).headers


def test_without_limits_of_its_own_a_tenant_has_the_installations(client, settings):
    assert client.get(JOBS).headers["RateLimit-Policy"] == f'"requests";q={settings.requests_per_minute};w=60'
    submitted = client.post(JOBS, json=LINK).headers["RateLimit-Policy"]
    assert submitted == f'"submissions";q={settings.submissions_per_minute};w=60'


def test_without_a_key_nothing_is_counted(connect):
    assert "RateLimit" not in connect(None).get(JOBS).headers
    assert "RateLimit" not in connect(None).get("/health/live").headers


class TestQuota:
    def test_it_counts_the_jobs_that_were_made_and_nothing_else(self, client, limit):
        limit(submissions_per_day=2)
        first = client.upload(picture(), headers={"Idempotency-Key": "k"})
        assert first.headers["RateLimit"].endswith('"quota";r=1;t=43183')
        replayed = client.upload(picture(), headers={"Idempotency-Key": "k"})
        assert replayed.headers["Idempotency-Replayed"] == "true"
        assert client.upload(b"no image").status_code == 415
        assert client.post(JOBS, json={"url": "http://127.0.0.1/"}).status_code == 422
        assert client.upload(picture((1, 2, 3))).status_code == 202
        refused = client.upload(picture((4, 5, 6)))
        assert (refused.status_code, kind(refused)) == (429, "quota-exceeded")
        assert refused.json()["violated-policies"] == ["quota"]
        assert refused.headers["Retry-After"] == "43183"
        assert len(client.get(JOBS).json()["jobs"]) == 2

    def test_a_refused_submission_uses_nothing_of_a_quota_that_is_raised_later(self, client, limit):
        limit(submissions_per_day=1)
        assert [client.post(JOBS, json=LINK).status_code for _ in range(4)] == [202, 429, 429, 429]
        limit(submissions_per_day=2)
        assert [client.post(JOBS, json=LINK).status_code for _ in range(2)] == [202, 429]

    def test_many_at_once_make_no_job_too_many(self, client, limit):
        limit(submissions_per_day=5)
        with ThreadPoolExecutor(12) as pool:
            answers = list(pool.map(lambda shade: client.upload(picture((shade, 0, 0))).status_code, range(12)))
        assert sorted(answers) == [202] * 5 + [429] * 7
        assert len(client.get(JOBS).json()["jobs"]) == 5

    def test_it_begins_anew_with_the_day(self, client, connect, limit):
        limit(submissions_per_day=1)
        assert [client.post(JOBS, json=LINK).status_code for _ in range(2)] == [202, 429]
        connect.app.state.parts.limits._now = lambda: NOON + 43_182.5
        assert client.post(JOBS, json=LINK).headers["RateLimit"].endswith('"quota";r=0;t=86400')


class TestChanging:
    def test_a_limit_holds_from_the_next_request_on_and_null_sets_it_back(self, client, tenant, settings):
        path = f"/v1/tenants/{tenant}"
        changed = client.patch(path, json={"requests_per_minute": 7, "submissions_per_day": 0})
        assert changed.status_code == 200
        assert changed.json() == {
            "id": str(tenant),
            "name": "tenant",
            "created_at": changed.json()["created_at"],
            "submissions_per_minute": None,
            "requests_per_minute": 7,
            "submissions_per_day": 0,
        }
        listed = client.get("/v1/tenants")
        assert listed.headers["RateLimit-Policy"] == '"requests";q=7;w=60'
        assert changed.json() in listed.json()["tenants"]
        assert client.patch(path, json={"submissions_per_minute": 9}).json()["requests_per_minute"] == 7
        assert client.patch(path, json={"requests_per_minute": None}).json()["requests_per_minute"] is None
        assert client.get(JOBS).headers["RateLimit-Policy"] == f'"requests";q={settings.requests_per_minute};w=60'

    def test_what_is_no_limit_is_refused_by_name(self, client, tenant):
        wrong = {"submissions_per_minute": -1, "requests_per_minute": "7", "submissions_per_day": 1.5, "name": "x"}
        answer = client.patch(f"/v1/tenants/{tenant}", json=wrong)
        assert answer.status_code == 422
        assert {error["field"] for error in answer.json()["errors"]} == set(wrong)
        assert client.patch(f"/v1/tenants/{uuid4()}", json={}).status_code == 404
