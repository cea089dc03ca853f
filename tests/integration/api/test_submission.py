import hashlib
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest
import redis

from services.api.room import Room
from services.api.schemas.jobs import JobDocument
from shared.domain.job import Lane, Stage
from shared.queue import names
from shared.queue.app import broker_url
from shared.storage import tenants
from tests.bad_links import HOSTS
from tests.integration.factories import claim, done, finish, get, make_tenant, picture

JOBS = "/v1/jobs"
LINK = {"url": "https://example.com/cat.jpg"}
KEY = {"Idempotency-Key": '"8e03978e-40d5"'}


def kind(answer) -> str:
    assert answer.headers["Content-Type"] == "application/problem+json"
    return answer.json()["type"].rpartition(":")[2]


def held(store) -> set[bytes]:
    return {image.sha256 for image in store.images()}


def test_an_image_is_stored_and_queued(client, store, database, tenant):
    answer = client.upload(picture(size=(40, 30)))
    assert answer.status_code == 202
    job = JobDocument.model_validate_json(answer.content)
    assert answer.headers["Location"] == f"/v1/jobs/{job.id}" == job.links["self"]
    assert int(answer.headers["Retry-After"]) >= 1
    assert (job.state, job.lane, job.allow_training, job.metadata) == ("queued", "interactive", False, {})
    assert job.image.sha256 == hashlib.sha256(picture(size=(40, 30))).hexdigest()
    assert (job.image.format, job.image.width, job.image.height) == ("png", 40, 30)
    assert store.get_image(tenant, bytes.fromhex(job.image.sha256)) == picture(size=(40, 30))
    assert get(database, tenant, job.id).stage is Stage.SCORE


def test_an_image_that_finds_no_room_is_sent_later_and_links_go_on(connect, client, store):
    state = connect.app.state
    state.parts = replace(state.parts, upload_room=Room(0))
    refused = client.upload(picture())
    assert (refused.status_code, kind(refused), refused.headers["Retry-After"]) == (503, "busy", "3")
    assert client.post(JOBS, json=LINK).status_code == 202
    assert held(store) == set()


def test_a_format_is_told_by_content_and_not_by_name_or_declared_type(client):
    answer = client.post(JOBS, files={"image": ("page.html", picture(), "text/html")})
    assert answer.json()["image"]["format"] == "png"


def test_a_link_is_queued_for_the_fetcher(client, database, tenant):
    answer = client.post(JOBS, json=LINK)
    assert answer.status_code == 202
    assert (answer.json()["url"], answer.json()["image"]) == (LINK["url"], None)
    assert get(database, tenant, answer.json()["id"]).stage is Stage.FETCH


def test_what_was_said_is_kept_and_echoed(client, database, tenant):
    metadata = {"author": "작가 😀", "n": [1, 2.5, None, True], "backslash": "\\u0000"}
    said = {"external_id": "post-17", "metadata": metadata, "lane": "bulk", "allow_training": True}
    answer = client.post(JOBS, json=LINK | said | {"callback_url": "https://example.com/hook"})
    document = answer.json()
    assert {name: document[name] for name in said} == said
    assert client.get(document["links"]["self"]).json() == document
    assert get(database, tenant, document["id"]).callback_url == "https://example.com/hook"


def test_a_form_says_the_same_as_text_and_its_empty_fields_say_nothing(client):
    said = {"metadata": '{"a": [1]}', "lane": "bulk", "allow_training": "true", "external_id": "", "callback_url": ""}
    document = client.upload(picture(), **said).json()
    assert (document["metadata"], document["lane"], document["allow_training"]) == ({"a": [1]}, "bulk", True)
    assert document["external_id"] is None


@pytest.mark.parametrize(("body", "stage"), [("image", Stage.SCORE), ("link", Stage.FETCH)])
def test_the_lane_of_its_stage_is_rung(client, settings, body, stage):
    fields = {"lane": "bulk"}
    client.upload(picture(), **fields) if body == "image" else client.post(JOBS, json=LINK | fields)
    queue, deadline = redis.Redis.from_url(broker_url(settings)), time.monotonic() + 10
    while not queue.llen(names.queue(stage, Lane.BULK)):
        assert time.monotonic() < deadline, "no message came"
        time.sleep(0.01)
    queue.close()


def test_the_same_image_twice_is_two_jobs_on_one_object(client, store):
    first, second = client.upload(picture()).json(), client.upload(picture()).json()
    assert first["id"] != second["id"]
    assert first["image"] == second["image"]
    assert len(held(store)) == 1


def test_tenants_do_not_share_objects(client, connect, new_key, database, store):
    other = connect(new_key(tenant_id=make_tenant(database, "other")))
    client.upload(picture())
    other.upload(picture())
    assert len(list(store.images())) == 2


class TestIdempotency:
    def test_the_same_request_again_gives_the_same_job(self, client, store):
        first = client.upload(picture(), external_id="a", metadata='{"a":1,"b":2}', headers=KEY)
        again = client.upload(picture(), metadata='{"b": 2, "a": 1}', external_id="a", headers=KEY)
        assert (first.status_code, again.status_code) == (202, 202)
        assert again.json() == first.json()
        assert "Idempotency-Replayed" not in first.headers
        assert again.headers["Idempotency-Replayed"] == "true"
        assert again.headers["Location"] == first.headers["Location"]

    def test_a_replay_shows_the_job_as_it_is_now(self, client, database):
        job_id = client.upload(picture(), headers=KEY).json()["id"]
        finish(database, done(claim(database)[0]))
        again = client.upload(picture(), headers=KEY)
        assert (again.json()["id"], again.json()["state"]) == (job_id, "done")

    @pytest.mark.parametrize("change", [{"external_id": "b"}, {"lane": "bulk"}, {"metadata": '{"a": 1}'}])
    def test_another_request_with_the_key_is_refused(self, client, change):
        client.upload(picture(), headers=KEY)
        answer = client.upload(picture(), headers=KEY, **change)
        assert (answer.status_code, kind(answer)) == (422, "idempotency-mismatch")

    def test_another_image_with_the_key_is_refused_and_not_stored(self, client, store):
        client.upload(picture(), headers=KEY)
        answer = client.upload(picture((1, 2, 3)), headers=KEY)
        assert (answer.status_code, kind(answer)) == (422, "idempotency-mismatch")
        assert held(store) == {hashlib.sha256(picture()).digest()}

    def test_many_at_once_make_one_job(self, client):
        with ThreadPoolExecutor(12) as pool:
            answers = list(pool.map(lambda _: client.upload(picture(), headers=KEY), range(12)))
        assert {answer.status_code for answer in answers} == {202}
        assert len({answer.json()["id"] for answer in answers}) == 1
        assert sum("Idempotency-Replayed" in answer.headers for answer in answers) == 11

    def test_many_different_ones_at_once_make_one_job_and_leave_no_other_behind(self, client):
        with ThreadPoolExecutor(12) as pool:
            shades = [picture((shade, 0, 0)) for shade in range(12)]
            answers = list(pool.map(lambda data: client.upload(data, headers=KEY), shades))
        assert sorted(answer.status_code for answer in answers) == [202] + [422] * 11
        assert len(client.get(JOBS).json()["jobs"]) == 1

    def test_each_tenant_has_keys_of_its_own(self, client, connect, new_key, database):
        other = connect(new_key(tenant_id=make_tenant(database, "other")))
        assert (
            client.upload(picture(), headers=KEY).json()["id"]
            != other.upload(picture((1, 2, 3)), headers=KEY).json()["id"]
        )

    def test_two_keys_of_one_tenant_share_them(self, client, connect, new_key):
        job_id = client.upload(picture(), headers=KEY).json()["id"]
        assert connect(new_key()).upload(picture(), headers=KEY).json()["id"] == job_id

    def test_a_key_is_forgotten_in_time(self, serve, settings, new_key):
        moment = timedelta(milliseconds=50) / timedelta(hours=1)
        client = serve(settings.model_copy(update={"idempotency_hours": moment}))(new_key())
        first, deadline = client.upload(picture(), headers=KEY).json()["id"], time.monotonic() + 10
        while client.upload(picture(), headers=KEY).json()["id"] == first:
            assert time.monotonic() < deadline, "the key was not forgotten"

    def test_the_key_of_an_erased_job_makes_no_second_one(self, client):
        job = client.upload(picture(), headers=KEY).json()
        client.delete(job["links"]["self"])
        again = client.upload(picture(), headers=KEY).json()
        assert (again["id"], again["state"]) == (job["id"], "erased")


class TestRefusals:
    """Each names the field; after none of them anything is kept."""

    @pytest.fixture(autouse=True)
    def nothing_kept(self, client, store):
        yield
        assert held(store) == set()
        assert client.get(JOBS).json()["jobs"] == []

    def test_what_is_no_image_or_too_large(self, client):
        refused = {
            b"": (422, "invalid-request"),
            b"hello": (415, "unsupported-format"),
            b"%PDF-1.7 trailer": (415, "unsupported-format"),
            b"<svg xmlns='http://www.w3.org/2000/svg'/>": (415, "unsupported-format"),
            picture() + b"\0" * 25_000_000: (413, "too-large"),
        }
        for data, expected in refused.items():
            answer = client.upload(data)
            assert (answer.status_code, kind(answer)) == expected, data[:30]

    def test_a_page_that_is_named_and_declared_an_image(self, client):
        answer = client.post(JOBS, files={"image": ("cat.png", b"<html>", "image/png")})
        assert (answer.status_code, kind(answer)) == (415, "unsupported-format")

    def test_too_many_pixels(self, serve, settings, new_key):
        strict = serve(settings.model_copy(update={"max_pixels": 99}))(new_key())
        answer = strict.upload(picture(size=(10, 10)))
        assert (answer.status_code, kind(answer)) == (422, "too-many-pixels")
        assert answer.json()["errors"][0]["field"] == "image"

    @pytest.mark.parametrize("field", ["url", "callback_url"])
    def test_a_link_to_where_nobody_may_go(self, client, field):
        for link in ("http://169.254.169.254/latest", "http://127.0.0.1/", "ftp://example.com/", ""):
            answer = client.post(JOBS, json=LINK | {field: link})
            assert (answer.status_code, kind(answer)) == (422, "forbidden-address"), link
            assert answer.json()["errors"][0]["field"] == field

    @pytest.mark.parametrize("field", ["url", "callback_url"])
    def test_a_link_to_a_bad_address_in_any_spelling(self, client, field):
        for host in HOSTS:
            answer = client.post(JOBS, json=LINK | {field: f"https://{host}/"})
            assert (answer.status_code, kind(answer)) == (422, "forbidden-address"), host

    def test_a_form_that_is_none_of_ours(self, client):
        one, two = ("image", ("a", picture())), ("image", ("b", picture()))
        answers = {
            "two files": client.post(JOBS, files=[one, two]),
            "no file": client.post(JOBS, files={"image": (None, "text")}),
            "another name": client.post(JOBS, files={"file": ("a", picture())}),
            "a link in a form": client.upload(picture(), url="https://example.com/"),
            "an unknown field": client.upload(picture(), colour="red"),
            "a field given twice": client.upload(picture(), external_id=["a", "b"]),
            "a consent that is none": client.upload(picture(), allow_training="yes"),
            "a large field": client.upload(picture(), metadata="x" * 20_000),
            "many fields": client.upload(picture(), **{f"field{n}": "1" for n in range(9)}),
            "no boundary": client.post(JOBS, content=b"x", headers={"Content-Type": "multipart/form-data"}),
            "nonsense": client.post(JOBS, content=b"x", headers={"Content-Type": "multipart/form-data; boundary=b"}),
        }
        assert {name: (answer.status_code, kind(answer)) for name, answer in answers.items()} == {
            "two files": (400, "bad-request"),
            "no file": (422, "invalid-request"),
            "another name": (422, "invalid-request"),
            "a link in a form": (422, "invalid-request"),
            "an unknown field": (422, "invalid-request"),
            "a field given twice": (422, "invalid-request"),
            "a consent that is none": (422, "invalid-request"),
            "a large field": (400, "bad-request"),
            "many fields": (400, "bad-request"),
            "no boundary": (400, "bad-request"),
            "nonsense": (400, "bad-request"),
        }

    def test_json_that_is_none_of_ours(self, client):
        def send(text: str | bytes):
            answer = client.post(JOBS, content=text, headers={"Content-Type": "application/json"})
            return answer.status_code, kind(answer)

        link = '{"url":"https://example.com/a","metadata":'
        refused = {
            "": 400,
            "{": 400,
            b"\xff": 400,
            "[" * 30_000: 400,
            "[]": 422,
            "null": 422,
            "17": 422,
            "{}": 422,
            '{"url":17}': 422,
            '{"url":"https://example.com/a","allow_training":"yes"}': 422,
            link + "NaN}": 422,
            link + '{"a":NaN}}': 422,
            link + '{"a":1e999}}': 422,
            link + '{"a":"\\u0000"}}': 422,
            link + '{"a":"\\ud800"}}': 422,
            link + '{"a":' + "[" * 900 + "]" * 900 + "}}": 422,
            link + '{"a":' + "9" * 5000 + "}}": 400,
            '"' + "x" * 70_000 + '"': 413,
        }
        kinds = {400: "bad-request", 413: "too-large", 422: "invalid-request"}
        assert {text: send(text) for text in refused} == {text: (code, kinds[code]) for text, code in refused.items()}

    def test_another_content_type(self, client):
        for content_type in ("image/png", "text/plain", "application/x-www-form-urlencoded", ""):
            answer = client.post(JOBS, content=picture(), headers={"Content-Type": content_type})
            assert (answer.status_code, kind(answer)) == (415, "unsupported-media-type"), content_type

    def test_a_key_that_may_only_read(self, connect, new_key):
        answer = connect(new_key({"read"})).upload(picture())
        assert (answer.status_code, kind(answer)) == (403, "forbidden")
        assert answer.json()["scope"] == "submit"

    def test_a_key_that_was_revoked(self, connect, new_key, database):
        key = new_key()
        with database.transaction() as connection:
            tenants.revoke_key(connection, tenants.authenticate(connection, key).key_id)
        answer = connect(key).upload(picture())
        assert (answer.status_code, kind(answer)) == (401, "unauthorized")


def test_a_truncated_image_is_accepted_for_the_decoder_will_say_what_is_wrong(client):
    assert client.upload(picture(size=(300, 300))[:60]).status_code == 202


def test_an_image_of_exactly_the_limit_is_accepted(client):
    data = picture()
    assert client.upload(data + b"\0" * (25_000_000 - len(data))).status_code == 202
