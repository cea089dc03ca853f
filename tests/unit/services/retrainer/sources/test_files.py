import pickle

import pytest

from services.retrainer.sources.files import open_files
from shared.errors import ConfigurationError
from tests.unit.services.retrainer.sources.trees import tar, write, write_tree

NAMES = ("a/1.jpg", "a/2.PNG", "b/c/3.webp", "notes.txt")


def contents(files):
    return {name: read() for name, read in files.readers.items()}


@pytest.fixture
def folder(tmp_path):
    return write_tree(tmp_path / "set", *NAMES)


@pytest.mark.parametrize("suffix", ["tar", "tar.gz", "tar.bz2", "tar.xz"])
@pytest.mark.parametrize("top", [".", "set"])
def test_an_archive_gives_what_its_folder_gives(folder, tmp_path, suffix, top):
    files = open_files(tar(folder, tmp_path / f"set.{suffix}", top=top))
    assert contents(files) == contents(open_files(folder)) == {name: name.encode() for name in NAMES}
    assert files.name == "set"


def test_a_top_folder_that_says_something_stays(tmp_path):
    archive = tar(write_tree(tmp_path / "set", "1.jpg"), tmp_path / "set.tar", top="ai")
    assert list(open_files(archive).readers) == ["ai/1.jpg"]


def test_a_plain_archive_is_read_only_when_asked(folder, tmp_path):
    archive = tar(folder, tmp_path / "set.tar")
    files = open_files(archive)
    archive.unlink()
    with pytest.raises(FileNotFoundError):
        files.readers["a/1.jpg"]()


def test_readers_can_be_sent_to_another_process(folder, tmp_path):
    for path in (folder, tar(folder, tmp_path / "set.tar"), tar(folder, tmp_path / "set.tar.xz")):
        assert pickle.loads(pickle.dumps(open_files(path))).readers["a/1.jpg"]() == b"a/1.jpg"


def test_names_are_in_order_and_pictures_known_by_suffix(folder):
    assert list(open_files(folder).readers) == sorted(NAMES)
    assert open_files(folder).images == ["a/1.jpg", "a/2.PNG", "b/c/3.webp"]


def test_hidden_files_are_left_out(folder):
    write_tree(folder, ".DS_Store", "a/._1.jpg", ".cache/4.jpg")
    assert list(open_files(folder).readers) == sorted(NAMES)


def test_what_is_no_archive_is_a_wrong_setting(tmp_path):
    for path in (write(tmp_path, "set.tar", "no archive"), tmp_path / "nothing"):
        with pytest.raises(ConfigurationError, match="neither a folder nor a tar archive"):
            open_files(path)


def test_an_archive_that_ends_too_early_is_a_wrong_setting(folder, tmp_path):
    archive = tar(folder, tmp_path / "set.tar.xz")
    archive.write_bytes(archive.read_bytes()[:-60])
    with pytest.raises(ConfigurationError, match="neither a folder nor a tar archive"):
        open_files(archive)
