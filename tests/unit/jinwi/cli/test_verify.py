"""`jinwi verify`: what is found, sent and said of each image."""

import json
import threading

import pytest

from tests.unit.jinwi.cli.conftest import lines
from tests.unit.jinwi.conftest import PNG, Answer, job_document

DEADLINE = 60


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


def test_a_folder_that_cannot_be_read_is_named_and_has_no_answer(command, folder, locked):
    (folder / "within").mkdir()
    locked(folder / "within")
    result = command("verify", "--json", folder)
    assert result.exit_code == 1
    (refused,) = [document for document in lines(result) if document["state"] == "refused"]
    assert (refused["input"], refused["problem"]["detail"]) == (f"{folder}/within", "Permission denied")
    assert len(lines(result)) == 10
