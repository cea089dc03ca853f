import os
from pathlib import Path

import pytest

from jinwi.inputs.find import Input, find, media_type, names
from tests.unit.jinwi.conftest import PNG


def brands(*names: bytes) -> bytes:
    box = b"ftyp" + names[0] + b"\0\0\0\0" + b"".join(names[1:])
    return (len(box) + 4).to_bytes(4, "big") + box + b"heic beyond the box"


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (b"\xff\xd8\xff\xe0\0\x10JFIF", "image/jpeg"),
        (PNG, "image/png"),
        (b"GIF87a", "image/gif"),
        (b"GIF89a", "image/gif"),
        (b"RIFF\x10\0\0\0WEBPVP8 ", "image/webp"),
        (brands(b"avif"), "image/avif"),
        (brands(b"mif1", b"miaf", b"avif"), "image/avif"),
        (brands(b"heic"), "image/heic"),
        (brands(b"mif1", b"heic"), "image/heic"),
        (brands(b"isom", b"mp42"), None),
        (b"RIFF\x10\0\0\0WAVEfmt ", None),
        (b"%PDF-1.7", None),
        (b"<svg xmlns=", None),
        (b"BM", None),
        (b"", None),
    ],
)
def test_an_image_is_told_by_its_first_bytes(head, kind):
    assert media_type(head) == kind


def test_folders_are_walked_in_sorted_order_and_files_told_by_content_not_by_name(tmp_path):
    for name, content in {
        "b/2.txt": PNG,
        "b/1.png": b"no picture",
        "a/x.jpg": b"\xff\xd8\xff",
        "c.gif": b"GIF89a",
        "empty.png": b"",
    }.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content)
    found = list(find([str(tmp_path)]))
    shown = [(each.name if isinstance(each, Input) else f"no image: {each}") for each in found]
    assert shown == [
        f"{tmp_path}/c.gif",
        f"no image: {tmp_path}/empty.png",
        f"{tmp_path}/a/x.jpg",
        f"no image: {tmp_path}/b/1.png",
        f"{tmp_path}/b/2.txt",
    ]
    assert [each.number for each in found if isinstance(each, Input)] == [0, 2, 4]


def test_a_link_is_taken_as_it_is():
    (found,) = find(["https://example.com/a.jpg"])
    assert (found.path, found.key) == (None, "https://example.com/a.jpg")


def test_a_named_file_that_is_no_image_is_refused_and_one_found_in_a_folder_only_named(tmp_path):
    (tmp_path / "a.txt").write_text("text")
    named = str(tmp_path / "a.txt")
    (refused,) = find([named])
    assert (refused.name, refused.problem["type"]) == (named, "urn:jinwi:problem:unsupported-format")
    assert list(find([str(tmp_path)])) == [named]


def test_a_named_file_without_a_byte_is_refused_as_empty_and_a_device_is_none(tmp_path):
    (tmp_path / "empty.png").touch()
    problems = [each.problem for each in find([str(tmp_path / "empty.png"), "/dev/null"])]
    assert [problem["type"].split(":")[-1] for problem in problems] == ["empty-file", "unsupported-format"]
    assert problems[0]["detail"] == "The file is empty."


@pytest.mark.parametrize("link", ["ftp://x/y.jpg", "file:///etc/passwd", "S3://bucket/key"])
def test_a_link_of_another_kind_is_refused(link):
    (found,) = find([link])
    assert found.problem["detail"] == f"Only http:// and https:// links are fetched: {link}"


def test_a_pipe_is_no_image_and_blocks_nobody(tmp_path):
    os.mkfifo(tmp_path / "pipe.jpg")
    assert list(find([str(tmp_path)])) == [str(tmp_path / "pipe.jpg")]


def test_a_file_that_cannot_be_read_is_not_taken_for_something_else(tmp_path):
    (tmp_path / "gone.jpg").symlink_to(tmp_path / "nowhere")
    (found,) = find([str(tmp_path)])
    assert found.path == tmp_path / "gone.jpg"


def test_a_folder_linked_to_itself_is_walked_once(tmp_path):
    (tmp_path / "image.png").write_bytes(PNG)
    (tmp_path / "loop").symlink_to(tmp_path)
    assert list(names([str(tmp_path)])) == [str(tmp_path / "image.png")]


def test_a_folder_that_cannot_be_read_is_an_input_with_the_problem_and_the_others_go_on(tmp_path, locked):
    for name in ("a", "b", "c"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "image.png").write_bytes(PNG)
    locked(tmp_path / "b")
    found = {item.name: item for item in find([str(tmp_path)])}
    refused = found.pop(str(tmp_path / "b"))
    assert (refused.problem["type"], refused.problem["detail"]) == ("urn:jinwi:problem:unreadable", "Permission denied")
    assert list(found) == [str(tmp_path / "a" / "image.png"), str(tmp_path / "c" / "image.png")]
    assert len({item.number for item in [refused, *found.values()]}) == 3


def test_a_named_folder_that_cannot_be_read_is_an_input_with_the_problem(tmp_path, locked):
    locked(tmp_path)
    (refused,) = find([str(tmp_path)])
    assert (refused.path, refused.problem["title"]) == (tmp_path, "Cannot be read")


def test_an_input_is_known_by_where_it_is_and_not_by_how_it_was_typed(tmp_path, monkeypatch):
    (tmp_path / "image.png").write_bytes(PNG)
    (absolute,) = find([str(tmp_path)])
    monkeypatch.chdir(tmp_path)
    (relative,) = find(["image.png"])
    assert relative.name == "image.png"
    assert relative.key == absolute.key == str(Path(tmp_path, "image.png"))
