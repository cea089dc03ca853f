"""The command line against a real server on the loopback."""

import csv
import io
import json
import os
import re
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from PIL import Image
from typer.testing import CliRunner

from jinwi.cli import app
from tests.unit.jinwi.conftest import KEY, PNG, Answer, job_document, problem

ROOT = Path(__file__).parents[3]

DEADLINE = 60


def environment(jinwi, tmp_path):
    return {"JINWI_URL": jinwi.url, "JINWI_API_KEY": KEY, "JINWI_HOME": str(tmp_path / "home"), "LC_ALL": "C.UTF-8"}


@pytest.fixture
def command(jinwi, tmp_path):
    def run(*arguments, **changed):
        variables = {**environment(jinwi, tmp_path), **changed}
        return CliRunner().invoke(app, [str(each) for each in arguments], env=variables)

    return run


@pytest.fixture
def process(jinwi, tmp_path):
    """Start the command as a process of its own; the test ends it."""
    started = []

    def start(*arguments):
        line = [sys.executable, "-c", "from jinwi.cli import main; main()", *map(str, arguments)]
        variables = {**os.environ, **environment(jinwi, tmp_path)}
        running = subprocess.Popen(
            line, cwd=ROOT, env=variables, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        started.append(running)
        return running

    yield start
    for running in started:
        running.kill()
        running.communicate()


@pytest.fixture
def folder(tmp_path):
    """Nine images and a text."""
    folder = tmp_path / "folder"
    folder.mkdir()
    for percent in range(10, 100, 10):
        (folder / f"{percent}.png").write_bytes(PNG + bytes([percent]))
    (folder / "notes.txt").write_text("not an image")
    return folder


def two_halves(mode, left, right):
    image = Image.new(mode, (40, 20), right)
    image.paste(left, (0, 0, 20, 20))
    return image


def encoded(image, kind, **options):
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def lines(result):
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_a_folder_gives_a_table_with_both_probabilities(command, folder):
    result = command("verify", folder)
    assert result.exit_code == 0
    rows = result.stdout.splitlines()[2:11]
    for percent, row in zip(range(10, 100, 10), rows, strict=True):
        assert f"folder/{percent}.png" in row
        assert f"{percent} %" in row
        assert f"{100 - percent} %" in row
    assert "likely made by a person" in rows[0]
    assert "uncertain" in rows[4]
    assert "likely AI-generated" in rows[8]
    assert "Supporting evidence only. A person decides." in result.stdout
    assert "notes.txt" in result.stderr
    assert "notes.txt" not in result.stdout


@pytest.mark.parametrize("said", [{"arguments": ["--lang", "ko"]}, {"LC_ALL": "ko_KR.UTF-8"}])
def test_a_korean_reads_korean(command, folder, said):
    result = command("verify", folder / "50.png", *said.pop("arguments", []), **said)
    for text in ("AI 생성 확률", "인간 제작 확률", "불확실", "참고 자료일 뿐이며 판단은 사람이 합니다."):
        assert text in result.stdout


def test_json_is_a_line_for_each_input_and_nothing_else(command, jinwi, folder):
    result = command("verify", "--json", folder, "https://example.com/cat.jpg")
    documents = {document.pop("input"): document for document in lines(result)}
    assert len(documents) == 10
    assert documents["https://example.com/cat.jpg"]["state"] == "done"
    assert sorted(map(json.dumps, documents.values())) == sorted(map(json.dumps, jinwi.jobs.values()))


def test_a_json_line_is_there_as_soon_as_its_input_has_ended(process, jinwi, folder):
    held = threading.Event()

    def serve(seen):
        if seen.image and seen.image[-1] == 10:
            held.wait(DEADLINE)
        return jinwi.serve(seen)

    jinwi.routes[("POST", "/v1/jobs")] = serve
    running = process("verify", "--json", folder)
    assert len([running.stdout.readline() for _ in range(8)]) == 8
    assert running.poll() is None
    held.set()
    assert running.wait(DEADLINE) == 0


def test_a_refused_and_a_failed_image_are_said_and_set_the_exit_code(command, jinwi, folder):
    (folder / "10.png").write_bytes(PNG + bytes([200]))
    jinwi.script.append(Answer(status=200, document=job_document("f", state="failed")))
    result = command("verify", "--json", "--concurrency", 1, folder / "20.png", folder / "10.png", folder / "30.png")
    assert result.exit_code == 1
    failed, refused, done = lines(result)
    assert (failed["state"], failed["error"]["reason"]) == ("failed", "undecodable")
    assert set(refused) == {"input", "state", "problem"}
    assert (refused["state"], refused["problem"]["status"]) == ("refused", 415)
    assert done["state"] == "done"


def test_a_file_that_vanished_is_refused_and_the_others_go_on(command, folder):
    (folder / "00.png").symlink_to(folder / "nowhere")
    result = command("verify", "--json", folder)
    assert result.exit_code == 1
    assert sorted(document["state"] for document in lines(result)) == ["done"] * 9 + ["refused"]


def test_nothing_to_verify_is_said_and_sets_the_exit_code(command, tmp_path):
    (tmp_path / "notes.txt").write_text("not an image")
    result = command("verify", tmp_path)
    assert result.exit_code == 1
    assert "No image found." in result.stderr


def test_a_named_file_that_is_no_image_and_a_link_of_another_kind_are_refused(command, jinwi, folder, tmp_path):
    named = [folder / "notes.txt", folder / "50.png", "ftp://x/y.jpg"]
    result = command("verify", "--json", *named, "--csv", tmp_path / "out.csv")
    assert result.exit_code == 1
    documents = {document["input"]: document for document in lines(result)}
    assert [documents[str(name)]["state"] for name in named] == ["refused", "done", "refused"]
    assert (tmp_path / "out.csv").read_text().count("refused") == 2
    assert len(jinwi.submissions()) == 1
    said = command("verify", "--lang", "ko", folder / "notes.txt").stdout
    assert "JPEG, PNG, WebP, GIF, AVIF, HEIC 이미지가 아닙니다." in said


def test_a_path_that_is_not_there_is_a_wrong_usage(command, jinwi, folder):
    result = command("verify", folder, folder / "[red]nowhere\x1b[2J.png")
    assert result.exit_code == 2
    assert r"[red]nowhere\x1b[2J.png" in result.stderr
    assert jinwi.seen == []


@pytest.mark.parametrize(("count", "lane"), [(20, "interactive"), (21, "bulk")])
def test_more_than_20_images_go_in_the_bulk_lane(command, jinwi, tmp_path, count, lane):
    for number in range(count):
        (tmp_path / f"{number}.png").write_bytes(PNG + bytes([number]))
    (tmp_path / "notes.txt").write_text("not an image")
    assert command("verify", "--json", tmp_path).exit_code == 0
    assert {seen.fields["lane"] for seen in jinwi.submissions()} == {lane}


def test_the_lane_asked_for_is_taken(command, jinwi, folder):
    assert command("verify", "--lane", "bulk", folder).exit_code == 0
    assert {seen.fields["lane"] for seen in jinwi.submissions()} == {"bulk"}


def test_csv_and_contact_sheet_are_written_beside_the_table(command, folder, tmp_path):
    table, sheet = tmp_path / "out.csv", tmp_path / "out.html"
    assert command("verify", folder, "--csv", table, "--html", sheet).exit_code == 0
    with table.open(newline="") as file:
        assert sorted(row["ai_probability"] for row in csv.DictReader(file)) == [f"0.{n}" for n in range(1, 10)]
    page = sheet.read_text(encoding="utf-8")
    assert page.count("<figure") == 9
    assert "about 0.5 of them (0.3 to 0.7)" in page


def test_a_key_that_may_not_see_models_still_gets_its_sheet(command, jinwi, folder, tmp_path):
    jinwi.routes[("GET", "/v1/models/champion")] = problem(403, "Forbidden", "Needs scope models.")
    sheet = tmp_path / "out.html"
    assert command("verify", folder, "--html", sheet).exit_code == 0
    assert "is not known" in sheet.read_text(encoding="utf-8")


def test_a_file_that_cannot_be_written_is_said_before_anything_is_submitted(command, jinwi, folder, tmp_path):
    result = command("verify", folder, "--csv", tmp_path / "nowhere" / "out.csv")
    assert result.exit_code == 1
    assert result.stderr.strip().endswith(f"No such file or folder: {tmp_path / 'nowhere' / 'out.csv'}")
    assert jinwi.submissions() == []


def test_maps_are_written_with_their_images_under_them(command, jinwi, tmp_path):
    jinwi.map = encoded(two_halves("RGBA", (255, 0, 0, 255), (0, 0, 0, 0)), "PNG")
    exif = Image.Exif()
    exif[0x0112] = 6
    (tmp_path / "in").mkdir()
    upright = two_halves("RGB", "blue", "blue").resize((20, 10))
    (tmp_path / "in" / "photo.png").write_bytes(encoded(upright, "PNG", exif=exif) + bytes([90]))
    (tmp_path / "in" / "cut.png").write_bytes(PNG + bytes([90]))
    result = command("verify", tmp_path / "in", "https://example.com/cat.jpg", "--map", tmp_path / "maps")
    assert result.exit_code == 0
    assert sorted(path.name for path in (tmp_path / "maps").iterdir()) == [
        "0001-cut.png",
        "0002-photo.jpg",
        "0003-cat.png",
    ]
    for bare in ("0001-cut.png", "0003-cat.png"):
        assert (tmp_path / "maps" / bare).read_bytes() == jinwi.map
    with Image.open(tmp_path / "maps" / "0002-photo.jpg") as laid:
        assert laid.size == (10, 20)
        left, right = laid.getpixel((2, 10)), laid.getpixel((8, 10))
    assert left[0] - left[2] > 150
    assert right[2] - right[0] > 150
    assert f"written to {tmp_path / 'maps'}: 3." in result.stderr


def test_images_without_a_map_write_none(command, folder, tmp_path):
    result = command("verify", folder, "--map", tmp_path / "maps")
    assert result.exit_code == 0
    assert list((tmp_path / "maps").iterdir()) == []
    assert ": 0." in result.stderr


def test_a_map_erased_meanwhile_costs_the_run_nothing(command, jinwi, folder, tmp_path):
    jinwi.map = PNG
    journal, maps = tmp_path / "journal", tmp_path / "maps"
    command("verify", folder, "--resume", journal)
    jinwi.map = None
    result = command("verify", folder, "--resume", journal, "--map", maps)
    assert result.exit_code == 0
    assert list(maps.iterdir()) == []


def test_each_run_submits_afresh(command, jinwi, folder):
    command("verify", folder)
    command("verify", folder)
    assert len(jinwi.jobs) == 18


def test_a_resumed_run_repeats_its_answers_and_submits_only_what_is_new(command, jinwi, folder, tmp_path):
    journal = tmp_path / "journal"
    (folder / "00.png").write_bytes(PNG + bytes([200]))
    first = command("verify", "--json", folder, "--resume", journal)
    before = len(jinwi.seen)
    (folder / "95.png").write_bytes(PNG + bytes([95]))
    second = command("verify", "--json", folder, "--resume", journal)
    assert (first.exit_code, second.exit_code) == (1, 1)
    assert len(lines(first)) == 10
    assert set(first.stdout.splitlines()) < set(second.stdout.splitlines())
    assert len(lines(second)) == 11
    assert [seen.image for seen in jinwi.seen[before:] if seen.method == "POST"] == [PNG + bytes([95])]


def test_a_journal_keeps_its_lane(command, jinwi, folder, tmp_path):
    journal = tmp_path / "journal"
    command("verify", folder / "10.png", "--resume", journal, "--lane", "bulk")
    command("verify", folder, "--resume", journal)
    assert {seen.fields["lane"] for seen in jinwi.submissions()} == {"bulk"}


def test_a_journal_of_another_server_or_another_file_is_a_wrong_usage(command, jinwi, folder, tmp_path):
    journal = tmp_path / "journal"
    journal.write_text(
        '{"journal": "00000000-0000-0000-0000-000000000000", "url": "http://elsewhere", "lane": "bulk"}\n'
    )
    result = command("verify", folder, "--resume", journal)
    assert result.exit_code == 2
    assert "http://elsewhere" in result.stderr
    result = command("verify", folder, "--resume", folder / "notes.txt")
    assert result.exit_code == 2
    assert "notes.txt is not a journal" in result.stderr
    assert jinwi.submissions() == []


@pytest.mark.parametrize("ended_by", [signal.SIGINT, signal.SIGKILL])
def test_an_interrupted_run_resumes_without_a_double(process, command, jinwi, folder, ended_by):
    """Three images have ended, the others are held before the answer to their submission: it is never seen."""
    journal, arrived, held = folder.parent / "journal", threading.Semaphore(0), threading.Event()

    def serve(seen):
        answer = jinwi.serve(seen)
        if seen.image[-1] > 30:
            arrived.release()
            held.wait(DEADLINE)
        return answer

    jinwi.routes[("POST", "/v1/jobs")] = serve
    running = process("verify", "--json", folder, "--resume", journal)
    assert all(arrived.acquire(timeout=DEADLINE) for _ in range(6))
    assert len([running.stdout.readline() for _ in range(3)]) == 3
    running.send_signal(ended_by)
    out, err = running.communicate(timeout=DEADLINE)
    held.set()
    assert running.returncode == (130 if ended_by is signal.SIGINT else -signal.SIGKILL)
    assert out == ""
    assert "Traceback" not in err
    if ended_by is signal.SIGINT:
        assert err.splitlines()[-1] == f"Interrupted after 3 of 9. Run it again with --resume {journal} to go on."

    result = command("verify", "--json", folder, "--resume", journal)
    assert result.exit_code == 0
    assert {document["id"] for document in lines(result)} == {job["id"] for job in jinwi.jobs.values()}
    assert len(jinwi.jobs) == 9


def test_an_interruption_shows_the_table_and_says_how_far_it_came(process, jinwi, folder):
    arrived, held = threading.Semaphore(0), threading.Event()

    def serve(seen):
        if seen.image[-1] != 10:
            arrived.release()
            held.wait(DEADLINE)
        return jinwi.serve(seen)

    jinwi.routes[("POST", "/v1/jobs")] = serve
    running = process("verify", "--concurrency", 1, folder)
    assert arrived.acquire(timeout=DEADLINE)
    running.send_signal(signal.SIGINT)
    out, err = running.communicate(timeout=DEADLINE)
    held.set()
    assert "Images: 1." in out
    assert err.splitlines()[-1] == "Interrupted after 1 of 9."


@pytest.mark.parametrize("paused", [True, False, None])
def test_a_run_in_a_paused_lane_says_so_once(command, jinwi, folder, monkeypatch, paused):
    monkeypatch.setattr("jinwi.verify.QUIET_SECONDS", 0.05)
    asked = threading.Event()

    def lanes(_):
        asked.set()
        document = {"lanes": [{"lane": "interactive", "paused": False}, {"lane": "bulk", "paused": paused}]}
        return (
            problem(403, "Forbidden", "Needs scope read.") if paused is None else Answer(status=200, document=document)
        )

    def hold(seen):
        asked.wait(DEADLINE)
        threading.Event().wait(0.3)
        return jinwi.serve(seen)

    jinwi.routes = {("GET", "/v1/lanes"): lanes, ("POST", "/v1/jobs"): hold}
    result = command("verify", "--lane", "bulk", folder / "50.png")
    assert result.exit_code == 0
    said = "The lane bulk is paused: `jinwi resume bulk`, or --lane interactive."
    assert result.stderr.splitlines() == ([said] if paused else [])
    assert sum(seen.path == "/v1/lanes" for seen in jinwi.seen) == 1


def test_a_submitted_job_is_only_awaited_when_resumed(process, command, jinwi, folder, tmp_path):
    journal, waiting, held = tmp_path / "journal", threading.Event(), threading.Event()

    def hold(seen):
        waiting.set()
        held.wait(DEADLINE)
        return Answer(status=200, document=job_document("slow"))

    jinwi.script.append(Answer(status=202, document=job_document("slow", state="queued")))
    jinwi.routes[("GET", "/v1/jobs/slow")] = hold
    running = process("verify", "--json", folder / "50.png", "--resume", journal)
    assert waiting.wait(DEADLINE)
    running.send_signal(signal.SIGINT)
    assert running.wait(DEADLINE) == 130
    held.set()
    (document,) = lines(command("verify", "--json", folder / "50.png", "--resume", journal))
    assert (document["id"], document["state"]) == ("slow", "done")
    assert len(jinwi.submissions()) == 1


def test_a_busy_server_is_given_the_time_it_asks(command, jinwi, folder):
    jinwi.script.append(problem(429, "Too many requests", "100 a minute.", Retry_After="0"))
    assert command("verify", folder / "50.png").exit_code == 0
    assert len(jinwi.jobs) == 1


def test_a_key_that_is_not_known_ends_the_run_at_once(command, jinwi, folder):
    result = command("verify", *folder.glob("*.png"), "--concurrency", 1, JINWI_API_KEY="wrong")
    assert result.exit_code == 1
    assert "does not accept this API key" in result.stderr
    assert len(result.stderr.splitlines()) == 1
    assert len(jinwi.submissions()) == 1


def test_a_server_that_goes_away_ends_the_run_with_what_it_has(command, jinwi, folder, tmp_path, monkeypatch):
    monkeypatch.setattr("jinwi.verify_command.OUTAGE_SECONDS", 0.2)
    jinwi.script.extend([jinwi.serve, *[Answer(status=0)] * 20])
    result = command("verify", *folder.glob("*.png"), "--concurrency", 1, "--resume", tmp_path / "journal")
    assert result.exit_code == 1
    assert "Images: 1." in result.stdout
    resume, reason = result.stderr.splitlines()
    assert "--resume" in resume
    assert reason.startswith(f"Cannot reach {jinwi.url}")


def test_a_server_that_is_not_running_is_said_in_one_line(command, folder):
    result = command("verify", folder, JINWI_URL="http://127.0.0.1:9")
    assert result.exit_code == 1
    assert result.stderr.splitlines() == [
        "Cannot reach http://127.0.0.1:9: is it running? Start it with `make up`, or set JINWI_URL."
    ]


def test_without_a_key_the_file_of_the_local_system_is_read(command, jinwi, folder, tmp_path):
    result = command("verify", folder / "50.png", JINWI_API_KEY="")
    assert result.exit_code == 1
    assert str(tmp_path / "home" / "key") in result.stderr
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "key").write_text(f"{KEY}\n")
    assert command("verify", folder / "50.png", JINWI_API_KEY="").exit_code == 0


def test_the_port_of_the_local_system_is_used_without_an_address(command, jinwi, folder):
    port = jinwi.url.rsplit(":", 1)[1]
    assert command("verify", folder / "50.png", JINWI_URL="", JINWI_PORT=port).exit_code == 0


def test_jobs_are_listed_up_to_the_limit_with_the_filters(command, jinwi):
    jobs = [job_document(str(number), external_id="\x1b[31mred") for number in range(5)]
    jinwi.routes[("GET", "/v1/jobs")] = Answer(status=200, document={"jobs": jobs, "next_cursor": "more"})
    result = command("jobs", "--limit", 3, "--state", "done", "--verdict", "uncertain", "--after", "2026-11-21T09:00Z")
    assert result.exit_code == 0
    assert result.stdout.count("51 %") == 3
    assert "\x1b" not in result.stdout
    assert jinwi.seen[-1].query.items() >= {"state": "done", "verdict": "uncertain"}.items()
    assert "created_after" in jinwi.seen[-1].query
    assert "There are more than these 3" in result.stderr
    assert "UTC" in command("jobs", TZ="UTC").stdout
    assert lines(command("jobs", "--limit", 7, "--json")) == jobs + jobs[:2]


def test_a_list_that_is_whole_says_nothing_of_more(command, jinwi):
    document = {"jobs": [job_document(str(number)) for number in range(3)], "next_cursor": None}
    jinwi.routes[("GET", "/v1/jobs")] = Answer(status=200, document=document)
    assert command("jobs", "--limit", 3).stderr == ""


def test_a_time_that_is_none_is_a_wrong_usage(command):
    assert command("jobs", "--after", "yesterday").exit_code == 2


IDS = [f"019a0b8e-6f5c-7c3e-9f52-3d6c4f1f2a1{number}" for number in range(3)]


def test_jobs_are_erased_one_by_one(command, jinwi):
    for job_id in IDS[:2]:
        erased = job_document(job_id, state="erased")
        jinwi.routes[("DELETE", f"/v1/jobs/{job_id}")] = Answer(status=200, document=erased)
    assert [document["state"] for document in lines(command("erase", *IDS[:2], "--json"))] == ["erased", "erased"]
    assert command("erase", IDS[0]).stdout.count("erased") == 1
    result = command("erase", *IDS)
    assert (result.exit_code, result.stdout.count("erased"), len(result.stderr.splitlines())) == (1, 2, 1)


def test_nothing_is_erased_when_one_id_can_be_none(command, jinwi):
    result = command("erase", IDS[0], "bad")
    assert result.exit_code == 2
    assert result.stderr.splitlines() == ["bad is not a job id."]
    assert jinwi.seen == []


def test_a_lane_is_paused_and_resumed(command, jinwi):
    jinwi.routes[("PUT", "/v1/lanes/bulk")] = lambda seen: Answer(status=200, document={"lane": "bulk", **seen.fields})
    assert lines(command("pause", "bulk", "--json")) == [{"lane": "bulk", "paused": True}]
    assert "running" in command("resume", "bulk").stdout
    assert command("pause", "fast").exit_code == 2


def test_an_action_that_the_key_may_not_do_is_said(command, jinwi):
    jinwi.routes[("PUT", "/v1/lanes/bulk")] = problem(403, "Forbidden", "Needs scope admin.")
    result = command("pause", "bulk")
    assert result.exit_code == 1
    assert result.stderr.splitlines() == ["This API key may not do that: Needs scope admin."]


def test_models_are_listed_and_shown(command, jinwi):
    model = {
        "version": "0.1.0",
        "state": "champion",
        "aliases": ["champion"],
        "card": {"note": "[bold]32 px[/bold]"},
    }
    never = {"n": 0, "errors": 0}
    rollout = {"state": "champion", "frozen": False, "shadow": never, "canary": never, "moves": []}
    jinwi.routes = {
        ("GET", "/v1/models/0.1.0/rollout"): Answer(status=200, document=rollout),
        ("GET", "/v1/models"): Answer(status=200, document={"models": [model]}),
        ("GET", "/v1/models/champion"): Answer(status=200, document=model),
    }
    assert "champion" in command("models", "list").stdout
    assert lines(command("models", "list", "--json")) == [model]
    shown = command("models", "show", "champion").stdout
    assert re.search(r"card\.note +│ \[bold\]32 px\[/bold\]", shown)
    assert lines(command("models", "show", "--json")) == [model | {"rollout": rollout}]


def test_a_key_is_created_listed_and_revoked(command, jinwi):
    key = {
        "id": "k1",
        "name": "pipeline",
        "scopes": ["submit"],
        "created_at": "2026-11-21T09:26:00",
        "revoked_at": None,
    }
    jinwi.routes = {
        ("POST", "/v1/keys"): lambda seen: Answer(status=201, document={**key, **seen.fields, "key": "jinwi_x"}),
        ("GET", "/v1/keys"): Answer(status=200, document={"keys": [key]}),
        ("DELETE", "/v1/keys/k1"): Answer(status=200, document=key),
    }
    result = command("keys", "create", "pipeline", "--scope", "submit", "--scope", "read")
    assert result.stdout.splitlines() == ["jinwi_x"]
    assert "shown once" in result.stderr
    assert jinwi.seen[-1].fields == {"name": "pipeline", "scopes": ["submit", "read"]}
    said = command("keys", "list", "--lang", "ko").stdout
    assert all(text in said for text in ("pipeline", "만든 시각", "2026-11-21 09:26:00 "))
    assert lines(command("keys", "list", "--json")) == [key]
    assert "k1" in command("keys", "revoke", "k1").stdout
    assert lines(command("keys", "revoke", "k1", "--json")) == [key]


def test_what_administrators_did_is_listed(command, jinwi):
    act = {
        "id": "a1",
        "at": "2026-11-21T09:26:00",
        "key_id": None,
        "tenant_id": None,
        "action": "lane.paused",
        "subject": "bulk",
        "details": {"why": "점검"},
    }
    jinwi.routes[("GET", "/v1/audit")] = Answer(status=200, document={"acts": [act, act], "next_cursor": None})
    result = command("audit", "--limit", "1")
    assert all(text in result.stdout for text in ("lane.paused", "bulk", "the system", "점검", "2026-11-21 09:26:00 "))
    assert "more than these 1" in result.stderr
    assert "시스템" in command("audit", "--lang", "ko").stdout
    assert lines(command("audit", "--json")) == [act, act]
    command("audit", "--action", "key.created", "--key", "k1", "--since", "2026-11-01T00:00:00+00:00")
    asked = {"action": "key.created", "key_id": "k1", "limit": "21"}
    assert jinwi.seen[-1].query.items() >= asked.items()
    assert jinwi.seen[-1].query["since"].startswith("2026-1")


@pytest.mark.parametrize(("part", "arguments"), [("torch", ["train"]), ("deploy.local.command", ["up"])])
def test_a_part_that_is_not_installed_is_named_with_its_extra(command, monkeypatch, part, arguments):
    monkeypatch.setitem(sys.modules, part, None)
    for loaded in [name for name in sys.modules if name.startswith("services.retrainer")]:
        monkeypatch.delitem(sys.modules, loaded)
    if arguments == ["train"]:
        arguments = ["train", "--arch", "a", "--data", "d", "--version", "0.0.1", "--out", "o"]
    result = command(*arguments)
    assert result.exit_code == 1
    (line,) = result.stderr.splitlines()
    assert line.startswith(f"{part} is not installed.")


def test_help_waits_for_no_client_and_no_model():
    code = "import sys, jinwi.cli; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert not {"httpx", "asyncio", "numpy", "PIL", "torch", "pydantic"} & set(loaded.stdout.split())
