import hashlib

import pytest

from services.retrainer.sources import open_dataset
from shared.errors import ConfigurationError
from tests.unit.services.retrainer.sources.trees import by_name, write_tree


def opened(tmp_path, *names):
    return by_name(open_dataset(write_tree(tmp_path / "set", *names)))


@pytest.mark.parametrize(
    ("human", "ai"), [("human", "ai"), ("real", "fake"), ("0_real", "1_fake"), ("nature", "ai"), ("Real", "AI")]
)
def test_the_class_is_a_folders_name(tmp_path, human, ai):
    samples = opened(tmp_path, f"{human}/1.jpg", f"{ai}/2.jpg")
    assert [samples[f"{human}/1.jpg"].label, samples[f"{ai}/2.jpg"].label] == [0, 1]


def test_the_folder_below_the_class_is_the_owner(tmp_path):
    samples = opened(tmp_path, "human/alice/2019/1.jpg", "ai/bob/2.jpg")
    assert [sample.owner for sample in samples.values()] == ["bob", "alice"]


def test_without_a_folder_equal_files_have_one_owner(tmp_path):
    write_tree(tmp_path / "set", "human/1.jpg", "ai/2.jpg")
    (tmp_path / "set/human/copy.jpg").write_bytes(b"human/1.jpg")
    samples = by_name(open_dataset(tmp_path / "set"))
    assert samples["human/1.jpg"].owner == samples["human/copy.jpg"].owner == hashlib.sha256(b"human/1.jpg").hexdigest()
    assert samples["ai/2.jpg"].owner != samples["human/1.jpg"].owner


def test_beside_human_pictures_alone_each_folder_is_a_generator(tmp_path):
    samples = opened(tmp_path, "human/alice/1.jpg", "midjourney/bob/2.jpg", "sdxl/3.jpg")
    assert [(s.label, s.generator) for s in samples.values()] == [(0, ""), (1, "midjourney"), (1, "sdxl")]
    assert samples["midjourney/bob/2.jpg"].owner == "bob"


def test_genimage_names_generator_part_and_class(tmp_path):
    samples = opened(tmp_path, "ADM/train/ai/1.png", "ADM/val/nature/n01/2.png", "BigGAN/val/ai/3.png")
    assert [(s.label, s.generator, s.part) for s in samples.values()] == [
        (1, "ADM", "train"),
        (0, "", "val"),
        (1, "BigGAN", "val"),
    ]
    assert samples["ADM/val/nature/n01/2.png"].owner == "n01"


def test_cnndetection_names_a_generator_of_several_folders(tmp_path):
    samples = opened(tmp_path, "test/progan/airplane/1_fake/1.png", "test/progan/airplane/0_real/2.png")
    assert (samples["test/progan/airplane/1_fake/1.png"].generator) == "progan/airplane"
    assert {sample.part for sample in samples.values()} == {"test"}


@pytest.mark.parametrize("part", ["train", "val", "validation", "valid", "test"])
def test_the_part_stands_above_the_class_or_right_below(tmp_path, part):
    samples = opened(tmp_path, f"{part}/human/alice/1.jpg", f"ai/{part}/bob/2.jpg", f"human/{part}/3.jpg")
    assert {sample.part for sample in samples.values()} == {"val" if part.startswith("val") else part}
    assert samples[f"ai/{part}/bob/2.jpg"].owner == "bob"


def test_parts_and_generators_go_together(tmp_path):
    samples = opened(tmp_path, "train/human/1.jpg", "train/midjourney/2.jpg", "test/sdxl/3.jpg")
    assert [(s.label, s.generator, s.part) for s in samples.values()] == [
        (1, "sdxl", "test"),
        (0, "", "train"),
        (1, "midjourney", "train"),
    ]


def test_pictures_outside_the_classes_are_named(tmp_path):
    with pytest.raises(ConfigurationError, match=r"1 pictures lie outside .* thumbnails/3\.jpg"):
        opened(tmp_path, "human/1.jpg", "ai/2.jpg", "thumbnails/3.jpg")
    with pytest.raises(ConfigurationError, match=r"1 pictures lie outside .* 3\.jpg"):
        opened(tmp_path / "other", "human/1.jpg", "midjourney/2.jpg", "3.jpg")


def test_a_tree_without_such_folders_cannot_be_read_as_one(tmp_path):
    write_tree(tmp_path / "set", "a/1.jpg")
    with pytest.raises(ConfigurationError, match="no folder called human"):
        open_dataset(f"folders:{tmp_path / 'set'}")
