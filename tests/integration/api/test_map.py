"""The map of a job as a picture to lay over the image."""

import io

import numpy as np
import pytest
from PIL import Image

from services.api.overlay import overlay
from shared.domain.evidence import EvidenceMap
from shared.domain.job import Outcome, State, error_document, map_path
from shared.domain.tenant import Scope
from shared.storage import images
from tests.integration.factories import RESULT, claim, finish, make_tenant, picture

MAP = EvidenceMap(columns=2, cells=bytes((254, 0, 0, 0, 0, 255)))
SCORED = {**RESULT, "model": {"version": "0.1.0"}}


@pytest.fixture
def job(client):
    return client.upload(picture(size=(40, 60))).json()


def finish_with_map(database):
    [held] = claim(database)
    result = {**SCORED, "evidence": {"map": map_path(held.id)}}
    with database.transaction() as connection:
        sides = images.Sides(tenant_id=held.tenant_id, sha256=held.sha256, width=40, height=60)
        images.describe(connection, [sides])
    finish(database, Outcome(job_id=held.id, fence=held.fence, state=State.DONE, result=result, evidence=MAP))


def refusal(answer):
    assert answer.status_code == 404
    assert answer.headers["Content-Type"] == "application/problem+json"
    return answer.json()["detail"]


def test_the_map_is_read_where_the_result_says(client, database, job):
    finish_with_map(database)
    path = client.get(job["links"]["self"]).json()["result"]["evidence"]["map"]
    answer = client.get(path)
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "image/png"
    assert answer.headers["Cache-Control"] == "no-store"  # erased means erased
    assert answer.content == overlay(MAP, 40, 60)
    pixels = np.asarray(Image.open(io.BytesIO(answer.content)))
    assert pixels.shape == (320, 213, 4)
    assert pixels[0, 0, 3] > 180


def test_a_job_that_waits_has_no_map_yet(client, job):
    assert "is queued: its map" in refusal(client.get(f"{job['links']['self']}/map.png"))


def test_a_job_whose_model_draws_none_says_so(client, database, job):
    [held] = claim(database)
    finish(database, Outcome(job_id=held.id, fence=held.fence, state=State.DONE, result=SCORED))
    assert "version 0.1.0, which draws no map" in refusal(client.get(f"{job['links']['self']}/map.png"))


def test_a_job_that_failed_has_none(client, database, job):
    [held] = claim(database)
    error = error_document("undecodable")
    finish(database, Outcome(job_id=held.id, fence=held.fence, state=State.FAILED, error=error))
    assert "is failed and has no map" in refusal(client.get(f"{job['links']['self']}/map.png"))


def test_an_erased_job_has_none(client, database, job):
    finish_with_map(database)
    client.delete(job["links"]["self"])
    assert "is erased and has no map" in refusal(client.get(f"{job['links']['self']}/map.png"))


def test_another_tenants_job_is_unknown(client, database, job, connect, new_key):
    finish_with_map(database)
    other = connect(new_key(tenant_id=make_tenant(database, "other")))
    assert "There is no job" in refusal(other.get(f"{job['links']['self']}/map.png"))


def test_it_needs_the_scope_to_read(database, job, connect, new_key):
    finish_with_map(database)
    assert connect(new_key([Scope.SUBMIT])).get(f"{job['links']['self']}/map.png").status_code == 403
    assert connect(None).get(f"{job['links']['self']}/map.png").status_code == 401


def test_a_replayed_submission_still_leads_to_the_map(client, database):
    headers = {"Idempotency-Key": "once"}
    first = client.upload(picture(size=(40, 60)), headers=headers).json()
    finish_with_map(database)
    again = client.upload(picture(size=(40, 60)), headers=headers).json()
    assert again["id"] == first["id"]
    assert client.get(again["result"]["evidence"]["map"]).status_code == 200
