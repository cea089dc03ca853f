"""The OpenAPI document is what clients are built from: it must be whole and true."""

import subprocess
import sys
from datetime import UTC, datetime
from uuid import UUID

import pytest

from services.api.errors import MEDIA_TYPE, PROBLEMS, type_of
from services.api.schemas.jobs import JobDocument, JobList
from shared.domain.job import Job, Lane, Stage, State, error_document
from shared.domain.verdict import ADVISORY

RESULT = {
    "ai_probability": 0.51,
    "human_probability": 0.49,
    "verdict": "uncertain",
    "thresholds": {"likely_human": 0.2, "likely_ai": 0.8},
    "model": {"version": "0.1.0", "sha256": "00"},
    "reasons": [{"code": "out_of_range", "detail": "It saw small images only."}],
    "policy_version": 1,
    "evidence": {},
}
KEYLESS = {"/health/live", "/health/ready", "/metrics"}


@pytest.fixture
def document(app):
    return app.openapi()


def operations(document):
    return [
        (f"{method.upper()} {path}", operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    ]


def references(node):
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"]
        for value in node.values():
            yield from references(value)
    if isinstance(node, list):
        for value in node:
            yield from references(value)


def make_job(state: State, **values) -> Job:
    fields = {
        "id": UUID(int=7),
        "tenant_id": UUID(int=8),
        "state": state,
        "stage": Stage.SCORE,
        "lane": Lane.BULK,
        "url": None,
        "sha256": b"\1" * 32,
        "image_format": "png",
        "image_width": None,
        "image_height": None,
        "external_id": None,
        "metadata": {"a": [1]},
        "callback_url": None,
        "allow_training": False,
        "attempt": 1,
        "result": None,
        "error": None,
        "timings_ms": {"decode": 1.5},
        "created_at": datetime.now(UTC),
        "finished_at": None,
    }
    return Job(**fields | values)


def test_it_is_openapi_3_1_and_every_reference_leads_somewhere(document):
    assert document["openapi"].startswith("3.1")
    for reference in references(document):
        node = document
        for part in reference.removeprefix("#/").split("/"):
            node = node[part]


def test_every_operation_has_a_name_of_its_own_and_says_what_it_does(document):
    names = [operation["operationId"] for _, operation in operations(document)]
    assert len(set(names)) == len(names)
    assert [name for name, operation in operations(document) if not operation.get("description")] == []


def test_every_operation_with_a_key_tells_its_scope_and_its_refusals(document):
    for name, operation in operations(document):
        if name.split()[1] in KEYLESS:
            assert "security" not in operation
            continue
        (scopes,) = operation["security"][0].values()
        assert len(scopes) == 1
        assert {"401", "403", "503"} <= set(operation["responses"]), name


def test_every_problem_documented_is_one_of_ours_in_its_media_type(document):
    for name, operation in operations(document):
        for status, response in operation["responses"].items():
            if status.startswith("4"):
                assert set(response["content"]) == {MEDIA_TYPE}, name
                for kind, example in response["content"][MEDIA_TYPE]["examples"].items():
                    assert example["value"]["type"] == type_of(kind)
                    assert str(PROBLEMS[kind][0]) == status


def test_every_body_that_can_be_sent_has_an_example(document):
    for name, operation in operations(document):
        for content in operation.get("requestBody", {}).get("content", {}).values():
            schema = content["schema"]
            if "$ref" in schema:
                schema = document["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]]
            assert "example" in content or schema.get("examples"), name


def test_a_submission_is_documented_with_both_of_its_bodies(document):
    content = document["paths"]["/v1/jobs"]["post"]["requestBody"]["content"]
    form, link = content["multipart/form-data"]["schema"], content["application/json"]["schema"]
    assert set(form["properties"]) - set(link["properties"]) == {"image"}
    assert set(link["properties"]) - set(form["properties"]) == {"url"}
    assert form["required"] == ["image"]
    assert link["required"] == ["url"]


@pytest.mark.parametrize(
    "job",
    [
        make_job(State.QUEUED, sha256=None, image_format=None, url="https://example.com/a.png", external_id="post-17"),
        make_job(State.RUNNING),
        make_job(State.DONE, result=RESULT, image_width=3, image_height=4, finished_at=datetime.now(UTC)),
        make_job(State.FAILED, error=error_document("undecodable"), finished_at=datetime.now(UTC)),
        make_job(State.ERASED, sha256=None, metadata={}, timings_ms={}, finished_at=datetime.now(UTC)),
    ],
    ids=lambda job: job.state,
)
def test_a_job_reads_as_it_is_documented(job):
    read = JobDocument.model_validate_json(JobList(jobs=[job.document()], next_cursor=None).jobs[0].model_dump_json())
    assert read.state == job.state
    assert read.result is None or read.result.advisory == ADVISORY


def test_the_documented_example_of_a_job_is_one_but_for_its_shortened_hashes(document):
    (example,) = document["components"]["schemas"]["JobDocument"]["examples"]
    JobDocument.model_validate(example)


def test_the_api_loads_no_numbers_and_no_pictures():
    heavy = {"numpy", "onnxruntime", "torch", "PIL", "pillow_heif", "services.worker", "shared.scoring"}
    program = f"import sys, services.api.__main__; print(*sorted({heavy} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []
