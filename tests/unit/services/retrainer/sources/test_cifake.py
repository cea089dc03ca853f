import hashlib

import pytest

from services.retrainer.sources import open_dataset
from shared.errors import ConfigurationError
from tests.unit.services.retrainer.sources.trees import by_name, picture, tar, write

NAMES = [
    f"{part}/{folder}/0 ({index}).jpg" for part in ("train", "test") for folder in ("real", "fake") for index in (1, 2)
]


@pytest.fixture
def folder(tmp_path):
    for index, name in enumerate(NAMES):
        write(tmp_path / "cifake", name, picture(32, (index, 0, 0)))
    return tmp_path / "cifake"


def test_a_sample_says_what_its_folders_say(folder):
    real, fake = (by_name(open_dataset(folder))[name] for name in ("train/real/0 (1).jpg", "test/fake/0 (2).jpg"))
    assert (real.label, real.part, real.kind, real.generator) == (0, "train", "photo", "")
    assert (fake.label, fake.part, fake.kind, fake.generator) == (1, "test", "", "Stable Diffusion 1.4")
    assert real.read() == (folder / real.name).read_bytes()


def test_folders_in_capitals_as_downloaded_are_the_same_set(folder):
    """So that a version trained on it is known by its fingerprint."""
    before = open_dataset(folder).fingerprint()
    for half in ("train", "test"):
        for name in ("real", "fake"):
            (folder / half / name).rename(folder / half / name.upper())
    assert open_dataset(folder).fingerprint() == before


def test_equal_files_have_one_owner(folder):
    copy = write(folder, "train/fake/copy.jpg", (folder / "test/fake/0 (1).jpg").read_bytes())
    samples = by_name(open_dataset(folder))
    digest = hashlib.sha256(copy.read_bytes()).hexdigest()
    assert samples["train/fake/copy.jpg"].owner == samples["test/fake/0 (1).jpg"].owner == digest


def test_an_archive_has_the_fingerprint_of_its_folder(folder, tmp_path):
    assert (
        open_dataset(tar(folder, tmp_path / "x.tar.xz", top="cifake")).fingerprint()
        == open_dataset(folder).fingerprint()
    )


def test_files_outside_the_layout_are_left_alone(folder):
    before = open_dataset(folder).fingerprint()
    write(folder, "train/notes/0.jpg", "no picture")
    write(folder, "README.md", "# CIFAKE")
    assert open_dataset(folder).fingerprint() == before


def test_larger_pictures_in_such_folders_are_an_imagefolder_tree(tmp_path):
    for name in NAMES:
        write(tmp_path / "set", name, picture(64))
    assert {sample.generator for sample in open_dataset(tmp_path / "set").samples} == {""}


def test_a_missing_class_is_named(folder):
    for file in (folder / "test" / "real").iterdir():
        file.unlink()
    with pytest.raises(ConfigurationError, match=r"no test/real/\*\.jpg"):
        open_dataset(folder)
