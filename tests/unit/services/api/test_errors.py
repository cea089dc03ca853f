import re

import pytest

from services.api.errors import PROBLEMS, Problem, refusal
from shared.domain.tenant import new_key
from shared.errors import ImageRefused


def test_every_problem_has_a_stable_type_and_an_error_status():
    for kind, (status, title) in PROBLEMS.items():
        assert re.fullmatch(r"[a-z]+(-[a-z]+)*", kind)
        assert 400 <= status < 600
        assert title


def test_a_problem_says_what_rfc_9457_asks_for():
    document = Problem("not-found", "There is no job 7.", job="7").document
    assert document == {
        "type": "urn:jinwi:problem:not-found",
        "title": "There is no such thing",
        "status": 404,
        "detail": "There is no job 7.",
        "job": "7",
    }


def test_a_refused_image_names_its_field():
    problem = refusal(ImageRefused("unsupported_format", "It looks like a PDF document."), "image")
    assert problem.status_code == 415
    assert problem.document["errors"] == [{"field": "image", "message": "It looks like a PDF document."}]


@pytest.mark.parametrize(
    ("method", "path", "status", "kind"),
    [
        ("GET", "/nowhere", 404, "not-found"),
        ("GET", "/v1/jobs/", 404, "not-found"),
        ("PUT", "/v1/jobs", 405, "method-not-allowed"),
        ("BREW", "/health/live", 405, "method-not-allowed"),
        ("GET", "/v1/jobs", 401, "unauthorized"),
        ("POST", "/v1/jobs", 401, "unauthorized"),
        ("GET", "/v1/jobs/not-a-uuid", 401, "unauthorized"),
    ],
)
def test_every_error_is_a_problem_document(ask, method, path, status, kind):
    answer = ask(method, path)
    assert answer.status_code == status
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json()["type"] == f"urn:jinwi:problem:{kind}"
    assert answer.json()["status"] == status


def test_a_wrong_method_is_told_all_the_right_ones(ask):
    assert ask("PUT", "/v1/jobs").headers["Allow"] == "GET, POST"
    assert ask("POST", "/").headers["Allow"] == "GET"


@pytest.mark.parametrize(
    "authorization",
    [
        *("", "Bearer", "Basic amlud2k6", "Bearer jinwi_short", "Bearer \xff"),
        # Processes that share the tests know each by the same name.
        pytest.param(f"Bearer {new_key()[:-1]}!", id="a wrong checksum"),
    ],
)
def test_a_key_that_cannot_be_one_is_refused_without_asking_the_database(ask, authorization):
    answer = ask("GET", "/v1/jobs", headers={"Authorization": authorization.encode("latin-1")})
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == "Bearer"
