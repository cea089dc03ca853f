"""`jinwi gold`: what a folder is taken for, and what is sent of it, against a real server on the loopback."""

import asyncio
import hashlib
import json
import os
from collections import Counter

import pytest
from typer.testing import CliRunner

from jinwi import AsyncClient
from jinwi.cli import app
from jinwi.inputs.labelled import find
from shared.domain.labels import Label
from tests.unit.jinwi.conftest import KEY, PNG, Answer, problem


def digest(content):
    return hashlib.sha256(content).hexdigest()


@pytest.fixture
def folder(tmp_path):
    """Two owners of each label, a loose image, and a file that is none."""
    for number, name in enumerate(
        ["human/kim/1.png", "human/kim/2.png", "human/lee/3.png", "ai/gen/4.png", "ai/5.png"]
    ):
        path = tmp_path / "gold" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(PNG + bytes([number]))
    (tmp_path / "gold" / "ai" / "notes.txt").write_text("x")
    return tmp_path / "gold"


@pytest.fixture
def server(jinwi):
    """Keeps what it is sent; `known` is what it has already."""
    jinwi.known = {}

    def add(seen):
        sha256 = digest(seen.image)
        document = {"sha256": sha256, "part": "guard" if seen.fields.get("owner") == "lee" else "train", **seen.fields}
        jinwi.known[sha256] = document
        return Answer(status=201, document=document)

    def listed(_):
        images = list(jinwi.known.values())
        rows = Counter((image["part"], image["label"]) for image in images)
        counts = [{"part": part, "label": label, "images": n, "owners": 1} for (part, label), n in rows.items()]
        return Answer(status=200, document={"counts": counts, "images": images, "next_cursor": None})

    jinwi.routes = {("POST", "/v1/gold"): add, ("GET", "/v1/gold"): listed}
    return jinwi


@pytest.fixture
def command(jinwi):
    def run(*arguments):
        variables = {"JINWI_URL": jinwi.url, "JINWI_API_KEY": KEY, "LC_ALL": "C.UTF-8"}
        return CliRunner().invoke(app, ["gold", *(str(each) for each in arguments)], env=variables)

    return run


def sent(jinwi):
    return {digest(seen.image): seen.fields for seen in jinwi.seen if seen.method == "POST"}


class TestFolders:
    def test_labels_and_owners_are_told_by_the_names_of_folders(self, folder):
        found = find(folder, owner_by_folder=True)
        told = {one.path.name: (one.label, one.owner) for one in found.images}
        assert told == {
            "1.png": (Label.HUMAN, "kim"),
            "2.png": (Label.HUMAN, "kim"),
            "3.png": (Label.HUMAN, "lee"),
            "4.png": (Label.AI, "gen"),
            "5.png": (Label.AI, None),
        }
        assert [path.name for path in found.strange] == ["notes.txt"]
        assert {one.owner for one in find(folder, owner_by_folder=False).images} == {None}

    @pytest.mark.parametrize(
        ("name", "label", "owner"),
        [
            ("train/REAL/a.png", Label.HUMAN, None),
            ("0_real/test/kim/b/a.png", Label.HUMAN, "kim"),
            ("sd15/1_fake/x/a.png", Label.AI, "x"),
            ("nature/ai/a.png", Label.HUMAN, "ai"),
        ],
    )
    def test_as_the_laboratory_reads_public_sets(self, tmp_path, name, label, owner):
        (tmp_path / name).parent.mkdir(parents=True)
        (tmp_path / name).write_bytes(PNG)
        (one,) = find(tmp_path, owner_by_folder=True).images
        assert (one.label, one.owner) == (label, owner)

    def test_hidden_files_and_folders_are_passed_over(self, folder):
        (folder / "human" / ".DS_Store").write_bytes(PNG)
        (folder / ".git").mkdir()
        (folder / ".git" / "a.png").write_bytes(PNG)
        assert len(find(folder, owner_by_folder=True).images) == 5


def test_a_folder_is_sent_with_label_owner_and_share(command, server, folder):
    result = command("add", folder, "--guard", "0.25", "--kind", "photograph")
    assert result.exit_code == 0, result.stderr
    assert len(sent(server)) == 5
    assert sent(server)[digest(PNG + bytes([2]))] == {
        "label": "human",
        "owner": "lee",
        "kind": "photograph",
        "guard": "0.25",
    }
    assert "owner" not in sent(server)[digest(PNG + bytes([4]))]
    assert "Added 5: 4 to learn from, 1 to judge by" in result.stdout
    assert "notes.txt" in result.stderr


def test_a_part_without_a_label_is_named(command, server, folder):
    assert "The part guard has no image labelled ai" in command("add", folder).stderr
    assert "guard 부분에 라벨이 ai 인" in command("add", folder, "--lang", "ko").stderr
    assert "labelled human" not in command("add", folder).stderr


def test_a_second_run_sends_only_what_is_missing(command, server, folder):
    command("add", folder)
    (folder / "ai" / "6.png").write_bytes(PNG + bytes([6]))
    server.seen.clear()
    result = command("add", folder, "--json")
    assert [seen.image for seen in server.seen if seen.method == "POST"] == [PNG + bytes([6])]
    counted = json.loads(result.stdout)
    assert (counted["added"], counted["there"], counted["skipped"], counted["refused"]) == (1, 5, 1, 0)


def test_an_image_under_both_labels_is_named_and_not_sent(command, server, folder):
    (folder / "ai" / "again.png").write_bytes(PNG + bytes([0]))
    result = command("add", folder)
    assert result.exit_code == 1
    (line,) = [line for line in result.stderr.splitlines() if "both labels" in line]
    assert "human/kim/1.png" in line
    assert "ai/again.png" in line
    assert digest(PNG + bytes([0])) not in sent(server)
    assert len(sent(server)) == 4


def test_an_image_that_the_server_has_under_the_other_label_is_named_and_not_sent(command, server, folder):
    known = digest(PNG + bytes([0]))
    server.known[known] = {"sha256": known, "label": "ai", "part": "train"}
    result = command("add", folder)
    assert result.exit_code == 1
    assert f"jinwi gold remove {known}" in result.stderr
    assert known not in sent(server)


def test_an_image_that_the_server_refuses_is_named_and_the_others_go_on(command, server, folder):
    add = server.routes["POST", "/v1/gold"]

    def pick(seen):
        return problem(422, "Too many pixels", "It has too many.") if seen.image[-1] == 3 else add(seen)

    server.routes["POST", "/v1/gold"] = pick
    result = command("add", folder)
    assert result.exit_code == 1
    assert "4.png: It has too many." in result.stderr
    assert "Added 4" in result.stdout


def test_a_key_that_may_not_ends_it_at_once(command, server, folder):
    server.routes["POST", "/v1/gold"] = problem(403, "Forbidden", "This needs a key with the scope `models`.")
    result = command("add", folder, "--concurrency", "1")
    assert result.exit_code == 1
    assert len(result.stderr.splitlines()) == 2
    assert len([seen for seen in server.seen if seen.method == "POST"]) == 1


@pytest.mark.parametrize(
    ("language", "words"), [("en", "no folder called human or ai"), ("ko", "폴더에 들어 있지 않은 이미지")]
)
def test_images_outside_the_labels_are_said_before_anything_is_sent(command, server, folder, language, words):
    (folder / "loose.png").write_bytes(PNG)
    result = command("add", folder, "--lang", language)
    assert (result.exit_code, words in result.stderr) == (2, True)
    assert sent(server) == {}


def test_a_folder_without_labels_or_that_is_not_there_is_a_wrong_usage(command, server, tmp_path):
    assert command("add", tmp_path).exit_code == 2
    assert command("add", tmp_path / "none").exit_code == 2


@pytest.mark.parametrize(("language", "words"), [("en", "not a JPEG, PNG, WebP"), ("ko", "HEIC 이미지가 아님")])
def test_a_file_that_is_no_image_is_named_also_where_nothing_else_is_there(command, server, tmp_path, language, words):
    (tmp_path / "ai").mkdir()
    (tmp_path / "ai" / "notes.txt").write_text("x")
    result = command("add", tmp_path, "--lang", language)
    assert result.exit_code == 2
    first, second = result.stderr.splitlines()
    assert words in first
    assert "ai/notes.txt" in first
    assert str(tmp_path) in second


def test_each_file_that_is_left_out_is_named_with_why(command, server, folder):
    (folder / "ai" / "empty.png").touch()
    (folder / "ai" / "gone.png").symlink_to(folder / "nowhere.png")
    (folder / "ai" / "twin.png").write_bytes(PNG + bytes([4]))
    os.mkfifo(folder / "ai" / "pipe.png")
    result = command("add", folder, "--json")
    said = {line.rpartition("/")[2]: line for line in result.stderr.splitlines() if ": " in line}
    for name, words in {
        "notes.txt": "not a JPEG",
        "pipe.png": "not a JPEG",
        "empty.png": "an empty file",
        "gone.png": "cannot be read",
        "twin.png": "the same image as",
    }.items():
        assert words in said[name]
    counted = json.loads(result.stdout)
    assert (counted["added"], counted["skipped"], counted["refused"], result.exit_code) == (5, 4, 1, 1)


def test_a_folder_that_cannot_be_read_is_named_and_counted(command, server, folder, locked):
    locked(folder / "human" / "kim")
    result = command("add", folder, "--json")
    assert f"it cannot be read: {folder}/human/kim" in result.stderr
    counted = json.loads(result.stdout)
    assert (counted["added"], counted["refused"], result.exit_code) == (3, 1, 1)


def test_counts_and_images_are_shown(command, server):
    image = {"sha256": "0" * 64, "part": "guard", "label": "ai", "owner": "gen", "added_at": "2026-11-21T09:00:00Z"}
    counts = [{"part": "guard", "label": "ai", "images": 1200, "owners": 7}]
    server.routes["GET", "/v1/gold"] = Answer(
        status=200, document={"counts": counts, "images": [image], "next_cursor": None}
    )
    shown = command("list", "--part", "guard").stdout
    assert "1,200" in shown
    assert "0" * 64 in shown
    assert server.seen[-1].query["part"] == "guard"
    assert json.loads(command("list", "--json").stdout)["counts"] == counts


def test_images_are_removed_by_hash_or_file(command, server, folder):
    file = folder / "human" / "kim" / "1.png"
    for sha256 in ("0" * 64, digest(file.read_bytes())):
        server.routes["DELETE", f"/v1/gold/{sha256}"] = Answer(status=200, document={"sha256": sha256})
    result = command("remove", "0" * 64, file)
    assert result.exit_code == 0, result.stderr
    assert len([seen for seen in server.seen if seen.method == "DELETE"]) == 2
    assert command("remove", "neither").exit_code == 2


def test_the_async_client_does_the_same(server, folder):
    async def run():
        client = AsyncClient(server.url, KEY)
        try:
            added = await client.gold.add(folder / "ai" / "5.png", "ai", owner="gen", guard=0.5)
            assert (await client.gold.add(PNG + bytes([9]), "human"))["label"] == "human"
            server.routes["DELETE", f"/v1/gold/{added['sha256']}"] = Answer(status=200, document=added)
            assert await client.gold.remove(added["sha256"]) == added
            counted = sum(row["images"] for row in await client.gold.counts())
            return added, counted, [image async for image in client.gold.images()]
        finally:
            await client.close()

    added, counted, images = asyncio.run(run())
    assert (added["owner"], added["guard"], counted, len(images)) == ("gen", "0.5", 2, 2)
