"""What a part that is away costs, and how it is said."""

import errno
import time

import pytest
from starlette.formparsers import MultiPartParser

from deploy.local.servers import free_ports
from tests.integration.factories import picture


@pytest.fixture
def nowhere():
    return f"127.0.0.1:{free_ports(1)[0]}"


def assert_away(answer, part):
    assert answer.status_code == 503
    assert int(answer.headers["Retry-After"]) > 0
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert (answer.json()["type"], answer.json()["part"]) == ("urn:jinwi:problem:unavailable", part)


def test_all_is_well(client, shipped):
    answer = client.get("/health/ready")
    assert answer.status_code == 200
    assert answer.json() == {
        "status": "ok",
        "parts": dict.fromkeys(("postgres", "objects", "redis", "uploads", "spool", "model"), "ok"),
    }


def test_without_a_model_it_is_not_ready(client):
    answer = client.get("/health/ready")
    assert answer.status_code == 503
    assert [part for part, said in answer.json()["parts"].items() if said != "ok"] == ["model"]


def test_without_redis_submissions_are_accepted_at_once(serve, settings, new_key, nowhere, shipped):
    client = serve(settings.model_copy(update={"redis_url": f"redis://{nowhere}/0"}))(new_key())
    began = time.monotonic()
    assert [client.upload(picture((shade, 0, 0))).status_code for shade in range(5)] == [202] * 5
    assert time.monotonic() - began < 5
    answer = client.get("/health/ready")
    assert (answer.status_code, answer.json()["status"]) == (200, "degraded")
    assert answer.json()["parts"]["redis"] != "ok"


def test_without_the_object_store_nothing_is_half_written(serve, settings, new_key, nowhere):
    client = serve(settings.model_copy(update={"s3_endpoint": nowhere}))(new_key())
    assert_away(client.upload(picture(), headers={"Idempotency-Key": "k"}), "objects")
    assert client.get("/v1/jobs").json()["jobs"] == []
    assert client.get("/health/ready").json()["parts"]["objects"] != "ok"


def test_a_submission_sent_again_after_an_outage_is_accepted(serve, settings, new_key, nowhere):
    key, again = new_key(), {"Idempotency-Key": "k"}
    assert_away(
        serve(settings.model_copy(update={"s3_endpoint": nowhere}))(key).upload(picture(), headers=again), "objects"
    )
    answer = serve(settings)(key).upload(picture(), headers=again)
    assert answer.status_code == 202
    assert "Idempotency-Replayed" not in answer.headers


def test_without_room_for_an_upload_it_is_refused_as_an_outage(client, monkeypatch):
    async def parse(_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(MultiPartParser, "parse", parse)
    assert_away(client.upload(picture()), "uploads")


@pytest.mark.parametrize(
    ("limit", "part", "status"),
    [
        ("max_body_bytes", "uploads", (503, "unavailable")),
        ("appeal_bytes", "spool", (200, "degraded")),
        ("max_model_bytes", "spool", (200, "degraded")),
    ],
)
def test_a_disk_without_room_for_another_upload_is_named(serve, settings, shipped, limit, part, status):
    answer = serve(settings.model_copy(update={limit: 10**18}))(None).get("/health/ready")
    assert (answer.status_code, answer.json()["status"]) == status
    unwell = {name: said for name, said in answer.json()["parts"].items() if said != "ok"}
    assert unwell == {part: "There is no room for another upload."}


def test_a_spool_that_cannot_be_used_is_named_and_submissions_go_on(serve, settings, new_key, shipped, tmp_path):
    (tmp_path / "file").touch()
    client = serve(settings.model_copy(update={"spool_dir": tmp_path / "file" / "spool"}))(new_key())
    assert client.get("/health/ready").json()["parts"]["spool"] == "It does not answer."
    assert client.upload(picture()).status_code == 202


def test_without_its_bucket_the_object_store_is_away(serve, settings, new_key):
    client = serve(settings.model_copy(update={"s3_images_bucket": "nowhere"}))(new_key())
    assert_away(client.upload(picture()), "objects")


def test_without_postgres_it_lives_says_so_and_stores_nothing(serve, settings, new_key, nowhere, store):
    key = new_key()
    connect = serve(settings.model_copy(update={"postgres_dsn": f"postgresql://jinwi@{nowhere}/jinwi"}))
    client = connect(key)
    assert client.get("/health/live").status_code == 200
    assert_away(client.upload(picture()), "postgres")
    assert list(store.images()) == []
    ready = client.get("/health/ready")
    assert ready.status_code == 503
    assert ready.json()["parts"]["postgres"] != "ok"
    assert nowhere not in ready.text


def test_metrics_show_jobs_requests_and_the_model(client, shipped):
    client.upload(picture())
    client.get("/v1/jobs")
    text = client.get("/metrics").text
    assert 'jinwi_jobs{lane="interactive",stage="score",state="queued"} 1.0' in text
    assert 'jinwi_api_request_duration_seconds_count{method="GET",route="/v1/jobs",status="2xx"}' in text
    assert f'version="{shipped}"' in text
