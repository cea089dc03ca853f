import hashlib
import os
import shutil
import tarfile

import numpy as np
import pytest
from PIL import Image

from services.retrainer import dataset
from shared.errors import ConfigurationError
from tests.unit.services.retrainer.pictures import SPEC, write_dataset


@pytest.fixture
def folder(tmp_path):
    return write_dataset(tmp_path / "data")


def test_every_image_lands_in_exactly_one_part(folder):
    data = dataset.load(folder, SPEC)
    parts = [data.train, data.validation, data.calibration]
    digests = np.concatenate([part.digests for part in parts])
    assert len(set(digests)) == len(digests) == 300
    assert len(data.test) == 40
    assert data.test.labels.sum() == 20
    assert [len(part) > 0 for part in parts] == [True] * 3


def test_pixels_labels_and_digests_are_those_of_the_file(folder):
    test = dataset.load(folder, SPEC).test
    file = folder / "test" / "fake" / "0007.jpg"
    row = test.digests.tolist().index(hashlib.sha256(file.read_bytes()).hexdigest())
    with Image.open(file) as image:
        assert np.array_equal(test.pixels[row], np.asarray(image))
    assert test.labels[row] == 1


def test_a_tar_archive_gives_the_same_as_its_folder(folder, tmp_path):
    archive = tmp_path / "data.tar.xz"
    with tarfile.open(archive, "w:xz") as tar:
        tar.add(folder, arcname=".")
    one, other = dataset.load(folder, SPEC), dataset.load(archive, SPEC)
    assert one.sha256 == other.sha256
    assert np.array_equal(one.train.pixels, other.train.pixels)


def test_byte_identical_files_never_stand_on_both_sides_of_a_split(folder):
    for file in sorted((folder / "train" / "real").iterdir()):
        shutil.copy(file, file.with_name(f"copy of {file.name}"))
    data = dataset.load(folder, SPEC)
    sides = [set(part.digests) for part in (data.train, data.validation, data.calibration)]
    assert len(data.train) + len(data.validation) + len(data.calibration) == 450
    assert sum(len(side) for side in sides) == len(set.union(*sides)) == 300


def test_a_split_does_not_depend_on_the_other_files(folder):
    before = set(dataset.load(folder, SPEC).calibration.digests)
    for index in range(0, 150, 2):
        (folder / "train" / "fake" / f"{index:04d}.jpg").unlink()
    assert set(dataset.load(folder, SPEC).calibration.digests) <= before


def test_test_images_that_also_stand_in_training_are_told_apart(folder):
    for index in range(3):
        os.link(folder / "train" / "fake" / f"{index:04d}.jpg", folder / "test" / "fake" / f"seen {index}.jpg")
    data = dataset.load(folder, SPEC)
    assert len(data.test) == 43
    assert len(data.test_unseen) == 40


def test_an_archive_that_is_none_is_a_wrong_setting(tmp_path):
    archive = tmp_path / "data.tar"
    archive.write_bytes(b"no archive")
    with pytest.raises(ConfigurationError, match="neither a folder nor a tar archive"):
        dataset.load(archive, SPEC)


def test_a_path_that_is_not_there_is_a_wrong_setting(tmp_path):
    with pytest.raises(ConfigurationError, match="neither a folder nor a tar archive"):
        dataset.load(tmp_path / "nothing", SPEC)


def test_a_folder_in_another_layout_is_a_wrong_setting(folder):
    shutil.rmtree(folder / "test" / "real")
    with pytest.raises(ConfigurationError, match=r"no test/real/\*\.jpg"):
        dataset.load(folder, SPEC)


def test_files_outside_the_layout_are_left_alone(folder):
    before = dataset.load(folder, SPEC)
    (folder / "train" / "notes").mkdir()
    (folder / "train" / "notes" / "0.jpg").write_bytes(b"no picture")
    (folder / "README.md").write_bytes(b"# CIFAKE")
    assert dataset.load(folder, SPEC).sha256 == before.sha256


def test_a_damaged_picture_is_named(folder):
    (folder / "train" / "fake" / "0003.jpg").write_bytes(b"no picture")
    with pytest.raises(ConfigurationError, match=r"train/fake/0003\.jpg cannot be trained on"):
        dataset.load(folder, SPEC)
