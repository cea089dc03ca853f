"""Appeals: made on the page of a result, decided by the tenant's reviewers, kept apart from everybody else."""

import html
from dataclasses import replace

import psycopg
import pytest

from deploy.local.servers import free_ports
from services.api.schemas.appeals import AppealDocument
from services.api.spool import Spool
from services.worker.sweeper import Sweeper
from shared.domain.appeal import MAX_APPEALS, TRANSITIONS, AppealState
from shared.domain.tenant import Scope
from shared.storage import jobs, links
from tests.integration.api.people import judged, link, send_appeal, text_of
from tests.integration.factories import get, make_tenant, picture, submit_image

RAW = ("sketch.cr3", b"\x00\x01not an image\xff" * 100, "image/x-canon-cr3")
PAGE = ("page.html", b"<script>alert(1)</script>", "text/html")
DECISION = {"outcome": "overturned", "reason": "The layers show how it was drawn.", "reviewer": "editor-7"}


@pytest.fixture
def visitor(connect):
    return connect(None)


@pytest.fixture
def job(database, store, tenant):
    return judged(database, store, tenant)


@pytest.fixture
def path(client, job):
    return link(client, job)


@pytest.fixture
def appeal(client, visitor, path):
    """One with two files, as the tenant reads it."""
    answer = send_appeal(visitor, path, contact="kim@example.com", files=[RAW, PAGE])
    assert answer.status_code == 303, answer.text
    [made] = client.get("/v1/appeals").json()["appeals"]
    return made


async def form(meanwhile):
    """The pieces of an appeal's body; between them something happens."""
    yield b'--B\r\nContent-Disposition: form-data; name="message"\r\n\r\nI drew this.\r\n'
    meanwhile()
    yield b'--B\r\nContent-Disposition: form-data; name="files"; filename="a"\r\n\r\nabc\r\n--B--\r\n'


def decide(client, appeal, **changed):
    return client.post(f"/v1/appeals/{appeal['id']}/decision", json=DECISION | changed)


def visible(visitor, path):
    return html.unescape(text_of(visitor.get(path).text))


class TestMaking:
    def test_it_arrives_with_its_files_and_its_state_stands_on_the_page(self, client, visitor, path, job):
        answer = send_appeal(visitor, path, message="I drew\r\nthis.", contact=" kim@example.com ", files=[RAW, PAGE])
        assert answer.status_code == 303
        [made] = client.get("/v1/appeals").json()["appeals"]
        assert made == client.get(f"/v1/appeals/{made['id']}").json()
        assert (made["state"], made["verdict"], made["job_id"]) == ("open", "likely_ai", str(job.id))
        assert (made["message"], made["contact"]) == ("I drew\nthis.", "kim@example.com")
        assert [(file["name"], file["bytes"]) for file in made["files"]] == [
            ("sketch.cr3", len(RAW[1])),
            ("page.html", len(PAGE[1])),
        ]
        shown = visitor.get(answer.headers["Location"].replace("../", "/r/"))
        assert "Your appeal has arrived" in shown.text
        assert "Open: a person will look at it." in shown.text
        for private in ("I drew", "kim@example.com", "sketch.cr3"):
            assert private not in shown.text

    def test_what_is_not_taken_is_said_where_it_was_written_and_nothing_is_kept(self, client, visitor, path, serve):
        many = [(f"{n}.txt", b"x", "text/plain") for n in range(11)]
        for status, sentence, sent in (
            (422, "write a message", {"message": " \r\n "}),
            (422, "write a message", {"message": "x" * 5001}),
            (422, "in one line", {"contact": "x" * 201}),
            (422, "ten files at most", {"files": many}),
            (422, "ten files at most", {"files": many * 2}),
            (422, "is empty", {"files": [("none.txt", b"", "text/plain")]}),
        ):
            answer = send_appeal(visitor, path, **sent)
            assert (answer.status_code, sentence in answer.text) == (status, True), (sent.keys(), answer.text[-2000:])
        kept = send_appeal(visitor, path, message='"</textarea><b>kept</b>', contact="x" * 201).text
        assert "&lt;/textarea&gt;&lt;b&gt;kept&lt;/b&gt;" in kept
        assert 'action="../' in kept
        assert client.get("/v1/appeals").json()["appeals"] == []

    def test_files_over_their_limits_are_refused(self, serve, settings, new_key, job):
        small = settings.model_copy(update={"appeal_file_bytes": 1000, "appeal_bytes": 1500})
        connect = serve(small)
        path = link(connect(new_key()), job)
        one = ("one.bin", b"1" * 900, "application/octet-stream")
        for files in ([("big.bin", b"x" * 1001, "x/y")], [one, one], [("huge.bin", b"x" * 200_000, "x/y")]):
            answer = send_appeal(connect(None), path, files=files)
            assert (answer.status_code, "too large: 0.001 MB each" in answer.text) == (413, True)
        assert send_appeal(connect(None), path, files=[one]).status_code == 303

    def test_a_form_from_another_site_is_refused(self, client, visitor, path):
        for headers, status in (
            ({"Origin": "https://evil.example"}, 403),
            ({"Origin": "null"}, 403),
            ({"Sec-Fetch-Site": "cross-site"}, 403),
            ({"Sec-Fetch-Site": "same-site"}, 403),
            ({"Origin": "http://api", "Sec-Fetch-Site": "same-origin"}, 303),
            ({}, 303),
        ):
            assert send_appeal(visitor, path, headers=headers).status_code == status, headers
        assert len(client.get("/v1/appeals").json()["appeals"]) == 2

    def test_against_one_result_there_are_five_at_most_whatever_the_link(self, client, visitor, path, job):
        other = link(client, job)
        answers = [send_appeal(visitor, each).status_code for each in (path, other) * 3]
        assert answers == [303] * MAX_APPEALS + [409]
        assert "<form" not in visitor.get(path).text
        assert "As many appeals as are possible" in visitor.get(path).text

    def test_where_none_is_taken_the_body_is_not_read_and_no_file_is_kept(
        self, client, visitor, path, database, store, tenant
    ):
        waiting = link(client, str(submit_image(database, store, tenant, picture((5, 5, 5)))))
        for _ in range(MAX_APPEALS):
            send_appeal(visitor, path)
        before = len(list(store.images()))
        read = []
        for each in (path, waiting):
            headers = {"Content-Type": "multipart/form-data; boundary=B"}
            answer = visitor.post(f"{each}/appeals", headers=headers, content=form(lambda: read.append(1)))
            assert answer.status_code == 409
        assert (read, len(list(store.images()))) == ([], before)

    def test_a_link_that_is_closed_or_a_job_that_is_erased_while_the_appeal_arrives_ends_it(
        self, client, visitor, path, job, database, tenant
    ):
        def revoke():
            with database.transaction() as connection:
                [row] = links.of_job(connection, tenant, job.id)
                links.revoke(connection, tenant, job.id, row["id"])

        def erase():
            with database.transaction() as connection:
                jobs.erase(connection, tenant, job.id)

        headers = {"Content-Type": "multipart/form-data; boundary=B"}
        revoked = visitor.post(f"{path}/appeals", headers=headers, content=form(revoke))
        assert (revoked.status_code, client.get("/v1/appeals").json()["appeals"]) == (410, [])
        assert visitor.post(f"{link(client, job)}/appeals", headers=headers, content=form(erase)).status_code == 404

    def test_without_a_result_or_with_a_closed_link_there_is_none(
        self, client, visitor, path, job, database, store, tenant
    ):
        waiting = link(client, str(submit_image(database, store, tenant, picture((5, 5, 5)))))
        assert "<form" not in visitor.get(waiting).text
        assert send_appeal(visitor, waiting).status_code == 409
        link_id = client.get(f"/v1/jobs/{job.id}/links").json()["links"][0]["id"]
        client.delete(f"/v1/jobs/{job.id}/links/{link_id}")
        assert send_appeal(visitor, path).status_code == 410
        assert send_appeal(visitor, path[:-1] + ("A" if path[-1] != "A" else "B")).status_code in {404, 410}
        assert client.get("/v1/appeals").json()["appeals"] == []

    def test_a_store_that_is_away_is_said_and_nothing_is_kept(self, serve, settings, new_key, client, path):
        away = settings.model_copy(update={"s3_endpoint": f"127.0.0.1:{free_ports(1)[0]}"})
        visitor = serve(away)(None)
        answer = send_appeal(visitor, path, files=[RAW])
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
        assert "Not available at the moment" in answer.text
        assert visitor.get(f"{path}/image").status_code == 503
        assert visitor.get(path).status_code == 200
        assert client.get("/v1/appeals").json()["appeals"] == []

    def test_where_no_place_is_free_it_is_sent_later_and_submissions_go_on(
        self, connect, client, visitor, path, tmp_path
    ):
        state = connect.app.state
        state.parts = replace(state.parts, appeal_spool=Spool(tmp_path, at_once=0))
        answer = send_appeal(visitor, path, files=[RAW])
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "30")
        assert "Not available at the moment" in answer.text
        assert client.upload(picture((1, 2, 3))).status_code == 202
        assert client.get("/v1/appeals").json()["appeals"] == []

    def test_a_body_that_is_no_form_or_breaks_off_is_refused(self, visitor, path):
        for headers, content in (
            ({"Content-Type": "application/json"}, b'{"message": "m"}'),
            ({"Content-Type": "multipart/form-data; boundary=x"}, b"--x\r\nContent-Disposition: form-data; nam"),
            ({"Content-Type": "multipart/form-data"}, b"--x"),
        ):
            answer = visitor.post(f"{path}/appeals", headers=headers, content=content)
            assert answer.status_code in {400, 422}, (headers, answer.text)
            assert answer.headers["Content-Type"].startswith("text/html")


class TestFiles:
    def test_they_are_handed_out_as_bytes_to_be_saved_and_nothing_else(self, client, appeal):
        for number, (_, data, _) in enumerate((RAW, PAGE), 1):
            answer = client.get(appeal["files"][number - 1]["path"])
            assert answer.content == data
            assert answer.headers["Content-Type"] == "application/octet-stream"
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
            assert answer.headers["Content-Disposition"] == f'attachment; filename="{appeal["id"]}-{number}.bin"'
            assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
        assert client.get(f"/v1/appeals/{appeal['id']}/files/3").status_code == 404
        assert client.get(f"/v1/appeals/{appeal['id']}/files/11").status_code == 422

    def test_a_name_is_the_last_part_of_a_path_in_one_visible_line(self, client, visitor, path):
        names = ["../../etc/passwd", "C:\\art\\raw.dng", "a\u202egnp.exe", "x" * 500, "그림.psd"]
        send_appeal(visitor, path, files=[(name, b"x", "x/y") for name in names])
        [made] = client.get("/v1/appeals").json()["appeals"]
        kept = [file["name"] for file in made["files"]]
        assert kept == ["passwd", "raw.dng", "a\ufffdgnp.exe", "x" * 200, "그림.psd"]

    def test_one_that_is_the_jobs_own_picture_stays_an_image(self, client, visitor, database, store, tenant, path, job):
        send_appeal(visitor, path, files=[("original.png", picture(), "image/png")])
        assert get(database, tenant, job.id).image_format == "png"
        assert visitor.get(f"{path}/image").headers["Content-Type"] == "image/png"


class TestDeciding:
    def test_overturned_it_is_a_review_and_stands_on_the_page_with_its_reason(self, client, visitor, path, job, appeal):
        decided = decide(client, appeal)
        assert decided.status_code == 200
        assert (decided.json()["state"], decided.json()["reason"]) == ("overturned", DECISION["reason"])
        reviewed = client.get(f"/v1/jobs/{job.id}").json()["reviewed"]
        assert (reviewed["state"], reviewed["verdict_by_person"]) == ("overturned", "human")
        [review] = client.get(f"/v1/jobs/{job.id}/reviews").json()["reviews"]
        assert (review["label"], review["appeal_id"], review["reviewer"]) == ("human", appeal["id"], "editor-7")
        shown = visible(visitor, path)
        assert "Decided: the verdict is overturned." in shown
        assert "The reviewer's reason: The layers show how it was drawn." in shown
        assert "editor-7" not in shown
        assert "overturned the verdict: made by a person" in shown

    def test_upheld_the_verdict_is_confirmed(self, client, job, appeal):
        assert decide(client, appeal, outcome="upheld").json()["state"] == "upheld"
        assert client.get(f"/v1/jobs/{job.id}").json()["reviewed"]["state"] == "confirmed"

    def test_a_decision_weighs_more_than_the_reviews_before_it_and_as_much_as_those_after(
        self, client, job, visitor, path
    ):
        for reviewer in ("Kim", "Lee", "Park"):
            said = {"label": "ai", "reason": "r", "reviewer": reviewer}
            client.post(f"/v1/jobs/{job.id}/review", json=said)
        send_appeal(visitor, path)
        [made] = client.get("/v1/appeals").json()["appeals"]
        assert made["verdict"] == "ai"
        decide(client, made)
        assert client.get(f"/v1/jobs/{job.id}").json()["reviewed"] == {
            "state": "overturned",
            "verdict_by_person": "human",
            "votes": {"human": 1, "ai": 0, "unsure": 0},
        }
        client.post(f"/v1/jobs/{job.id}/review", json={"label": "ai", "reason": "r", "reviewer": "Kim"})
        assert client.get(f"/v1/jobs/{job.id}").json()["reviewed"]["state"] == "disputed"

    def test_it_is_decided_once(self, client, appeal):
        decide(client, appeal)
        again = decide(client, appeal, outcome="upheld")
        assert (again.status_code, again.json()["state"]) == (409, "overturned")

    def test_where_the_verdict_took_no_side_the_reviewer_says_which(self, client, visitor, database, store, tenant):
        unsure = judged(database, store, tenant, verdict="uncertain", ai_probability=0.5)
        send_appeal(visitor, link(client, unsure))
        [made] = client.get("/v1/appeals").json()["appeals"]
        assert decide(client, made).json()["errors"][0]["field"] == "label"
        assert decide(client, made, outcome="upheld", label="ai").json()["errors"][0]["field"] == "label"
        assert decide(client, made, label="human").status_code == 200
        assert client.get(f"/v1/jobs/{unsure.id}").json()["reviewed"]["state"] == "decided"

    def test_the_list_is_paged_and_narrowed(self, client, visitor, path, job, appeal):
        send_appeal(visitor, path, message="again")
        first = client.get("/v1/appeals", params={"limit": 1}).json()
        second = client.get("/v1/appeals", params={"limit": 1, "cursor": first["next_cursor"]}).json()
        assert [page["appeals"][0]["message"] for page in (first, second)] == ["again", "I drew this."]
        assert second["next_cursor"] is None
        decide(client, appeal)
        listed = {state: client.get("/v1/appeals", params={"state": state}).json()["appeals"] for state in AppealState}
        assert [len(listed[state]) for state in ("open", "upheld", "overturned")] == [1, 0, 1]
        assert len(client.get("/v1/appeals", params={"job_id": str(job.id)}).json()["appeals"]) == 2

    def test_the_endpoints_hear_of_it_and_of_its_decision(self, client, visitor, path, job, database):
        client.post("/v1/webhooks", json={"url": "https://93.184.216.34/hook"})
        send_appeal(visitor, path, files=[RAW])
        [made] = client.get("/v1/appeals").json()["appeals"]
        decided = decide(client, made).json()
        with database.transaction() as connection:
            rows = connection.execute("SELECT body::json AS body FROM deliveries ORDER BY id").fetchall()
        appealed, reviewed, last = (row["body"] for row in rows)
        assert [one["type"] for one in (appealed, reviewed, last)] == [
            "job.appealed",
            "job.reviewed",
            "job.appeal_decided",
        ]
        told = [AppealDocument.model_validate(one["data"]["appeal"]) for one in (appealed, last)]
        assert [one.model_dump(mode="json") for one in told] == [made, decided]
        assert last["data"]["reviewed"]["state"] == "overturned"
        assert reviewed["data"]["verdict"] == {"old": "likely_ai", "new": "human"}
        assert reviewed["data"]["review"]["appeal_id"] == made["id"]

    def test_the_database_knows_the_same_moves_as_the_code(self, database, appeal):
        for before in AppealState:
            for after in AppealState:
                assert moves(database, appeal["id"], before, after) is (after in TRANSITIONS[before]), (before, after)

    def test_a_key_for_reading_decides_nothing(self, connect, new_key, appeal):
        refused = decide(connect(new_key({Scope.READ})), appeal)
        assert (refused.status_code, refused.json()["scope"]) == (403, "review")

    def test_another_tenant_knows_of_none(self, connect, new_key, database, appeal):
        stranger = connect(new_key(tenant_id=make_tenant(database, "other")))
        assert stranger.get("/v1/appeals").json()["appeals"] == []
        assert stranger.get(f"/v1/appeals/{appeal['id']}").status_code == 404
        assert stranger.get(appeal["files"][0]["path"]).status_code == 404
        assert decide(stranger, appeal).status_code == 404


def moves(database, appeal_id, before, after) -> bool:
    """Whether the database lets an appeal go so; nothing of it stays."""
    with database.transaction() as connection:
        try:
            with connection.transaction(force_rollback=True):
                connection.execute("ALTER TABLE appeals DISABLE TRIGGER refuse_illegal_appeal")
                set_state(connection, appeal_id, before)
                connection.execute("ALTER TABLE appeals ENABLE TRIGGER refuse_illegal_appeal")
                set_state(connection, appeal_id, after)
        except psycopg.errors.CheckViolation:
            return False
    return True


def set_state(connection, appeal_id, state):
    decided = None if state == "open" else "r"
    connection.execute(
        "UPDATE appeals SET state = %s, outcome_reason = %s,"
        " decided_at = CASE WHEN %s = 'open' THEN NULL ELSE now() END WHERE id = %s",
        (state, decided, state, appeal_id),
    )


class TestErasure:
    def test_the_job_takes_appeals_files_and_link_along(
        self, client, visitor, path, job, appeal, database, store, doorbell, settings, tenant
    ):
        decide(client, appeal)
        keys = [bytes.fromhex(file["sha256"]) for file in appeal["files"]]
        assert all(store.has_image(tenant, key) for key in keys)
        client.delete(f"/v1/jobs/{job.id}")
        assert client.get("/v1/appeals").json()["appeals"] == []
        assert client.get(appeal["files"][0]["path"]).status_code == 404
        assert visitor.get(path).status_code == 404
        Sweeper(database, store, doorbell, settings).round()
        assert not any(store.has_image(tenant, key) for key in [*keys, job.sha256])
        with database.transaction() as connection:
            for table in ("appeals", "appeal_files", "links", "reviews", "opinions", "objects"):
                left = connection.execute(f"SELECT count(*) AS n FROM {table}").fetchone()
                assert left["n"] == 0, table
            bodies = connection.execute("SELECT count(body) AS n FROM deliveries").fetchone()
            assert bodies["n"] == 0

    def test_a_file_that_another_appeal_sent_too_stays(
        self, client, visitor, path, job, database, store, doorbell, settings, tenant
    ):
        other = judged(database, store, tenant, data=picture((7, 7, 7)))
        send_appeal(visitor, path, files=[RAW, RAW])
        send_appeal(visitor, link(client, other), files=[RAW])
        client.delete(f"/v1/jobs/{job.id}")
        Sweeper(database, store, doorbell, settings).round()
        [left] = client.get("/v1/appeals").json()["appeals"]
        assert client.get(left["files"][0]["path"]).content == RAW[1]
        client.delete(f"/v1/jobs/{other.id}")
        Sweeper(database, store, doorbell, settings).round()
        assert not store.has_image(tenant, bytes.fromhex(left["files"][0]["sha256"]))

    def test_an_erased_job_cannot_be_appealed_against(self, client, visitor, path, job):
        client.delete(f"/v1/jobs/{job.id}")
        assert send_appeal(visitor, path).status_code == 404
