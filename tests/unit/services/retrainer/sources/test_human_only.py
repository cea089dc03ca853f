import hashlib

import pytest

from services.retrainer.sources import open_dataset
from shared.errors import ConfigurationError
from tests.unit.services.retrainer.sources.trees import by_name, write_table, write_tree


def test_every_picture_is_human_and_its_own_owner(tmp_path):
    write_tree(tmp_path / "coco", "train2017/1.jpg", "val2017/2.jpg", "annotations/instances.json")
    samples = by_name(open_dataset(f"human_only:{tmp_path / 'coco'}"))
    assert [(name, sample.label, sample.kind) for name, sample in samples.items()] == [
        ("train2017/1.jpg", 0, "photo"),
        ("val2017/2.jpg", 0, "photo"),
    ]
    assert samples["val2017/2.jpg"].owner == hashlib.sha256(b"val2017/2.jpg").hexdigest()


@pytest.mark.parametrize(("table", "comma"), [("photos.tsv000", "\t"), ("photos.csv000", "\t"), ("photos.csv", ",")])
def test_unsplash_names_the_photographer(tmp_path, table, comma):
    root = write_tree(tmp_path / "unsplash", "photos/XMyPniM9LF0.jpg", "photos/unknown.jpg")
    write_table(
        root,
        table,
        comma.join(["photo_id", "photo_url", "photographer_username"]),
        comma.join(["XMyPniM9LF0", "…", "michellespencer77"]),
    )
    samples = by_name(open_dataset(f"human_only:{root}"))
    assert samples["photos/XMyPniM9LF0.jpg"].owner == "michellespencer77"
    assert samples["photos/unknown.jpg"].owner == hashlib.sha256(b"photos/unknown.jpg").hexdigest()


def test_another_kind_can_be_said(tmp_path):
    write_tree(tmp_path / "drawings", "1.png")
    assert [s.kind for s in open_dataset(f"human_only:{tmp_path / 'drawings'}?kind=illustration").samples] == [
        "illustration"
    ]


def test_a_folder_without_pictures_is_a_wrong_setting(tmp_path):
    write_tree(tmp_path / "empty", "notes.txt")
    with pytest.raises(ConfigurationError, match="holds no pictures"):
        open_dataset(f"human_only:{tmp_path / 'empty'}")


def test_a_table_that_is_not_unsplashs_is_a_wrong_setting(tmp_path):
    root = write_tree(tmp_path / "set", "1.jpg")
    write_table(root, "photos.csv", "id,author", "1,alice")
    with pytest.raises(ConfigurationError, match="no table of Unsplash's: it lacks photo_id"):
        open_dataset(f"human_only:{root}")
