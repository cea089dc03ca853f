"""Runs that are interrupted, resumed, or wait for a paused lane."""

import signal
import threading

import pytest

from tests.unit.jinwi.cli.conftest import lines
from tests.unit.jinwi.conftest import PNG, Answer, job_document, problem

DEADLINE = 60


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


def test_pictures_that_wait_for_ever_do_not_keep_an_interrupted_command(process, jinwi, folder):
    arrived, held = threading.Semaphore(0), threading.Event()

    def hold(_):
        arrived.release()
        held.wait(DEADLINE)
        return Answer(status=200, document=job_document("slow", state="queued"))

    jinwi.routes = {("POST", "/v1/jobs"): hold, ("GET", "/v1/jobs/slow"): hold}
    running = process("index", "add", folder, "--name", "catalogue")
    assert arrived.acquire(timeout=DEADLINE)
    running.send_signal(signal.SIGINT)
    _, err = running.communicate(timeout=DEADLINE)
    held.set()
    assert running.returncode == 130
    assert err.splitlines()[-1] == "Interrupted."


@pytest.mark.parametrize("paused", [True, False, None])
def test_a_run_in_a_paused_lane_says_so_once(command, jinwi, folder, monkeypatch, paused):
    monkeypatch.setattr("jinwi.inputs.verify.QUIET_SECONDS", 0.05)
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
