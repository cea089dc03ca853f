"""What was seen before, and other forms of a picture, as the command line says them."""

import asyncio
import hashlib
import json
import threading

import pytest
from typer.testing import CliRunner

from jinwi import AsyncClient, Client
from jinwi.cli import app
from jinwi.results.jobs import Verdict
from jinwi.results.reviews import Label
from tests.unit.jinwi.conftest import KEY, PNG, Answer, job_document, problem, result_document

JOB = "019a0b8e-6f5c-7c3e-9f52-3d6c4f1f2a10"
TWIN = "019a0b8e-6f5c-7c3e-9f52-3d6c4f1f2a11"
REVIEW = {
    "label": "human",
    "reason": "The painter sent her sketches.",
    "reviewer": "editor-7",
    "created_at": "2026-11-21T09:00:00+00:00",
}


def twin(**changed):
    document = {
        "job_id": TWIN,
        "distance": 12,
        "same_file": False,
        "external_id": "post-1",
        "ai_probability": 0.9,
        "verdict": "likely_ai",
        "model": "1.1.0",
        "finished_at": "2026-11-21T08:00:00+00:00",
        "review": None,
    }
    return document | changed


def reference(**changed):
    document = {
        "index": "catalogue",
        "name": "1998/boat.tif",
        "distance": 9,
        "same_file": False,
        "near_by_hash": True,
        "embedding_distance": 0.031,
        "embedding_likeness": "close",
    }
    return document | changed


def similar(*twins, quality=93, references=(), unsearched=0):
    document = {"pdq": "0f" * 32, "quality": quality, "sure": quality >= 50, "within": 31, "jobs": list(twins)}
    return Answer(
        status=200,
        document={
            **document,
            "note": "…",
            "references": list(references),
            "references_searched": len(references),
            "references_unsearched": unsearched,
            "references_note": "…",
        },
    )


@pytest.fixture
def command(jinwi, tmp_path):
    def run(*arguments, **changed):
        variables = {"JINWI_URL": jinwi.url, "JINWI_API_KEY": KEY, "JINWI_HOME": str(tmp_path), "LC_ALL": "C.UTF-8"}
        return CliRunner().invoke(app, [str(each) for each in arguments], env={**variables, **changed})

    return run


def test_the_clients_read_similar_jobs(jinwi):
    jinwi.routes[("GET", f"/v1/jobs/{JOB}/similar")] = similar(twin(review=REVIEW), twin(same_file=True, distance=0))
    with Client(jinwi.url, KEY) as client:
        found = client.similar(JOB)

    async def ask():
        async with AsyncClient(jinwi.url, KEY) as client:
            return await client.similar(JOB)

    assert asyncio.run(ask()) == found
    assert (found.quality, found.sure, len(found.jobs)) == (93, True, 2)
    first = found.jobs[0]
    assert (first.job_id, first.verdict, first.distance, first.model_version) == (TWIN, Verdict.LIKELY_AI, 12, "1.1.0")
    assert (first.review.label, first.review.reason) == (Label.HUMAN, REVIEW["reason"])
    assert found.jobs[1].review is None


@pytest.mark.parametrize(
    ("lang", "words"),
    [
        ("en", ("likely AI", "made by a person", "same file", "12", REVIEW["reason"])),
        ("ko", ("사람이 만듦", "같은 파일", "12", REVIEW["reason"])),
    ],
)
def test_similar_jobs_are_listed_with_what_a_person_said(jinwi, command, lang, words):
    jinwi.routes[("GET", f"/v1/jobs/{JOB}/similar")] = similar(twin(review=REVIEW), twin(same_file=True, distance=0))
    ended = command("similar", JOB, "--lang", lang, COLUMNS="200")
    assert ended.exit_code == 0, ended.output
    assert all(word.casefold() in ended.output.casefold() for word in words), ended.output


@pytest.mark.parametrize(
    ("lang", "words"), [("en", ("No other job", "too little")), ("ko", ("없습니다", "너무 적습니다"))]
)
def test_that_nothing_is_similar_and_that_a_hash_says_little_is_said(jinwi, command, lang, words):
    jinwi.routes[("GET", f"/v1/jobs/{JOB}/similar")] = similar(quality=10)
    ended = command("similar", JOB, "--lang", lang, COLUMNS="200")
    assert all(word in ended.output for word in words), ended.output


@pytest.mark.parametrize(("lang", "proof"), [("en", "no proof that a model was trained"), ("ko", "증거는 아닙니다")])
def test_a_near_reference_is_named_with_the_sentence_that_it_proves_nothing(jinwi, command, lang, proof):
    jinwi.routes[("GET", f"/v1/jobs/{JOB}/similar")] = similar(references=[reference()])
    ended = command("similar", JOB, "--lang", lang, COLUMNS="200")
    assert all(word in ended.output for word in ("catalogue", "1998/boat.tif", "9", "0.03", proof)), ended.output


@pytest.mark.parametrize(
    ("lang", "words"),
    [
        (
            "en",
            ("not by hash", "0.08 (loose)", "no proof that a model was trained", "of 1,000 unrelated", "12 of your"),
        ),
        ("ko", ("해시가 아니라", "0.08 (느슨함)", "증거는 아닙니다", "1,000장 가운데", "참조 그림 12장")),
    ],
)
def test_what_is_near_by_embedding_alone_is_said_so_and_what_was_not_compared(jinwi, command, tmp_path, lang, words):
    alike = reference(near_by_hash=False, distance=120, embedding_distance=0.0812, embedding_likeness="loose")
    jinwi.routes[("POST", "/v1/jobs")] = Answer(status=200, document=job_document(JOB))
    jinwi.routes[("GET", f"/v1/jobs/{JOB}/similar")] = similar(references=[alike], unsearched=12)
    (tmp_path / "a.png").write_bytes(PNG)
    ended = command("verify", tmp_path / "a.png", "--evidence", "full", "--lang", lang, COLUMNS="200")
    said = " ".join(ended.output.split())
    assert all(word in said for word in words), said
    assert "120" not in said


def test_a_reference_without_an_embedding_to_compare_says_nothing_of_one(jinwi, command):
    held = reference(embedding_distance=None, embedding_likeness=None)
    jinwi.routes[("GET", f"/v1/jobs/{JOB}/similar")] = similar(references=[held])
    ended = command("similar", JOB, COLUMNS="200")
    assert ended.exit_code == 0, ended.output
    assert not any(word in ended.output for word in ("close", "loose", "far"))


def test_a_folder_is_added_to_an_index_by_the_names_below_it(jinwi, command, tmp_path):
    folder = tmp_path / "works"
    (folder / "1998").mkdir(parents=True)
    (folder / "1998" / "boat.png").write_bytes(PNG)
    (folder / "notes.txt").write_text("none")
    erased = job_document(JOB, state="erased", result=None)
    jinwi.routes[("POST", "/v1/jobs")] = Answer(status=200, document=erased)
    ended = command("index", "add", folder, "--name", "catalogue")
    assert ended.exit_code == 0, ended.output
    assert "1 pictures are known, 0 of them from before" in ended.output
    [sent] = jinwi.submissions()
    assert (sent.fields["reference_index"], sent.fields["external_id"]) == ("catalogue", "1998/boat.png")
    assert sent.fields["lane"] == "bulk"


def test_a_picture_that_failed_is_named_and_is_not_counted(jinwi, command, tmp_path):
    (tmp_path / "a.png").write_bytes(PNG)
    jinwi.routes[("POST", "/v1/jobs")] = Answer(status=200, document=job_document(JOB, state="failed"))
    ended = command("index", "add", tmp_path / "a.png", "--name", "catalogue", "--json")
    assert ended.exit_code == 1
    assert json.loads(ended.stdout) == {"name": "catalogue", "known": 0, "there": 0, "failed": 1}
    assert "a.png: The file is cut off." in ended.stderr


def test_a_picture_that_cannot_be_read_or_that_the_server_fails_is_named_and_the_others_go_on(jinwi, command, tmp_path):
    held = {"sha256": "0" * 64, "name": "old.png", "current": True}
    known = Answer(status=200, document={"pictures": [held], "next_after": None})
    jinwi.routes[("GET", "/v1/reference-indexes/catalogue")] = known
    (tmp_path / "gone.png").symlink_to(tmp_path / "nowhere.png")
    (tmp_path / "bad.png").write_bytes(PNG + b"bad")
    (tmp_path / "good.png").write_bytes(PNG + b"good")

    def serve(seen):
        if seen.image.endswith(b"bad"):
            return problem(500, "Internal error", "It broke.")
        return Answer(status=200, document=job_document(JOB, state="erased", result=None))

    jinwi.routes[("POST", "/v1/jobs")] = serve
    ended = command("index", "add", tmp_path, "--name", "catalogue", "--json")
    assert ended.exit_code == 1
    assert json.loads(ended.stdout) == {"name": "catalogue", "known": 1, "there": 0, "failed": 2}
    assert sorted(ended.stderr.splitlines()) == [
        f"{tmp_path}/bad.png: It broke.",
        f"{tmp_path}/gone.png: No such file or folder.",
    ]


def test_a_paused_lane_is_said_where_no_picture_ends(jinwi, command, tmp_path, monkeypatch):
    monkeypatch.setattr("jinwi.inputs.verify.QUIET_SECONDS", 0.05)
    (tmp_path / "a.png").write_bytes(PNG)
    asked = threading.Event()

    def lanes(_):
        asked.set()
        return Answer(status=200, document={"lanes": [{"lane": "bulk", "paused": True}]})

    def hold(_):
        asked.wait(10)
        threading.Event().wait(0.3)
        return Answer(status=200, document=job_document(JOB, state="erased", result=None))

    jinwi.routes |= {("GET", "/v1/lanes"): lanes, ("POST", "/v1/jobs"): hold}
    ended = command("index", "add", tmp_path, "--name", "catalogue")
    assert ended.stderr.splitlines() == ["The lane bulk is paused: `jinwi resume bulk`."]
    assert ended.exit_code == 0


def test_what_an_index_knows_by_the_network_that_scores_now_is_not_sent_again(jinwi, command, tmp_path):
    files = {name: PNG + name.encode() for name in ("known.png", "stale.png", "renamed.png", "new.png")}
    for name, data in files.items():
        (tmp_path / name).write_bytes(data)

    def held(file, **changed):
        return {"sha256": hashlib.sha256(files[file]).hexdigest(), "name": file, "current": True} | changed

    pages = [[held("known.png"), held("stale.png", current=False)], [held("renamed.png", name="old.png")]]
    asked = []

    def page(request):
        asked.append(request.query.get("after"))
        return Answer(
            status=200, document={"pictures": pages[len(asked) - 1], "next_after": (None, "0" * 64)[len(asked) == 1]}
        )

    jinwi.routes[("GET", "/v1/reference-indexes/catalogue")] = page
    jinwi.routes[("POST", "/v1/jobs")] = Answer(status=200, document=job_document(JOB, state="erased", result=None))
    ended = command("index", "add", tmp_path, "--name", "catalogue", "--json")
    assert json.loads(ended.stdout) == {"name": "catalogue", "known": 3, "there": 1, "failed": 0}
    assert {sent.fields["external_id"] for sent in jinwi.submissions()} == {"stale.png", "renamed.png", "new.png"}
    assert asked == [None, "0" * 64]


def test_indexes_are_listed_and_removed(jinwi, command):
    held = {"name": "my catalogue", "pictures": 1200, "changed_at": "2026-11-21T09:00:00Z"}
    jinwi.routes[("GET", "/v1/reference-indexes")] = Answer(status=200, document={"indexes": [held]})
    assert "1,200" in command("index", "list").output
    gone = Answer(status=200, document={"name": "my catalogue", "pictures": 1200})
    jinwi.routes[("DELETE", "/v1/reference-indexes/my%20catalogue")] = gone
    assert "forgotten, with 1,200" in command("index", "remove", "my catalogue").output


def test_as_json_it_is_the_servers_document(jinwi, command):
    jinwi.routes[("GET", f"/v1/jobs/{JOB}/similar")] = similar(twin())
    assert json.loads(command("similar", JOB, "--json").stdout)["jobs"] == [twin()]


def test_what_is_no_job_id_is_refused_before_anything_is_asked(jinwi, command):
    assert command("similar", "post-17").exit_code == 2
    assert jinwi.seen == []


@pytest.mark.parametrize(
    ("lang", "flips", "words"),
    [
        (
            "en",
            2,
            ("In 6 other forms", "between 5 % and 91 %", "another in 2", "Seen before, in 1 other", "made by a person"),
        ),
        ("en", 0, ("stays between 5 % and 91 %",)),
        ("ko", 2, ("다른 6가지 형태", "2가지에서는", "이미 본 그림", "사람이 만듦")),
    ],
)
def test_full_evidence_is_asked_for_and_said(jinwi, command, tmp_path, lang, flips, words):
    stability = {"n": 6, "low": 0.05, "high": 0.91, "spread": 0.86, "flips": flips, "views": []}
    result = {**result_document(0.9, "likely_ai"), "evidence": {"stability": stability}}
    jinwi.routes[("POST", "/v1/jobs")] = Answer(status=200, document=job_document(JOB, result=result))
    jinwi.routes[("GET", f"/v1/jobs/{JOB}/similar")] = similar(twin(review=REVIEW))
    (tmp_path / "a.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    ended = command("verify", tmp_path / "a.png", "--evidence", "full", "--lang", lang, COLUMNS="200")
    assert ended.exit_code == 0, ended.output
    assert all(word in " ".join(ended.output.split()) for word in words), ended.output
    [submission] = jinwi.submissions()
    assert submission.fields["evidence"] == "full"


def test_basic_evidence_is_asked_for_and_nothing_is_looked_up(jinwi, command, tmp_path):
    (tmp_path / "a.png").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes([50]))
    assert "says nothing" not in command("verify", tmp_path / "a.png", "--evidence", "basic").output
    assert jinwi.submissions()[0].fields["evidence"] == "basic"
    assert not [seen for seen in jinwi.seen if seen.path.endswith("/similar")]


def test_without_being_asked_the_policy_decides_and_nothing_is_looked_up(jinwi, command, tmp_path):
    (tmp_path / "a.png").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes([50]))
    assert command("verify", tmp_path / "a.png").exit_code == 0
    assert "evidence" not in jinwi.submissions()[0].fields
    assert not [seen for seen in jinwi.seen if seen.path.endswith("/similar")]
